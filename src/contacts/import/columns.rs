//! Which column of a file of contacts is what. Told by the header alone: a file that says nothing is not guessed at.

use crate::contacts::csv::{fold, guess};
use crate::contacts::profile::{self, Refusal};

const NAME: &[&str] =
    &["name", "fullname", "contactname", "customername", "displayname", "نام", "نامکامل", "نامونامخانوادگی", "姓名", "名字", "全名"];
const TIME_ZONE: &[&str] = &["timezone", "tz", "منطقهزمانی", "時區", "时区"];
const STATUS: &[&str] = &["status", "leadstatus", "وضعیت", "狀態", "状态"];
const TAGS: &[&str] = &["tags", "tag", "labels", "برچسب", "برچسبها", "標籤", "标签"];
/// All attributes in one cell as JSON, as our own exports have them.
const ATTRIBUTES: &str = "attributes";
/// Columns of our own exports that an import leaves alone.
const OWN: &[&str] = &["id", "country", "othernumbers", "createdat", "updatedat"];

/// The columns of something that the person of the row bought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PurchaseColumns {
    pub reference: Option<usize>,
    pub amount: Option<usize>,
    pub currency: Option<usize>,
    pub at: Option<usize>,
    pub items: Option<usize>,
}

/// The columns of a file, by index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    pub phone: usize,
    pub name: Option<usize>,
    pub language: Option<usize>,
    pub time_zone: Option<usize>,
    pub status: Option<usize>,
    pub tags: Option<usize>,
    pub all_attributes: Option<usize>,
    pub purchase: PurchaseColumns,
    /// Every other column is an attribute of its name.
    pub attributes: Vec<(usize, String)>,
}

impl Columns {
    /// Finds them.
    ///
    /// # Errors
    /// When no column holds numbers, or a column's name cannot be that of an attribute.
    pub fn of(headers: &[String]) -> Result<Self, Refusal> {
        let folded: Vec<String> = headers.iter().map(|header| fold(header)).collect();
        let by_name = guess(headers, &[], &[]);
        let phone = by_name.phone.ok_or_else(|| {
            let detail = format!("No column is named as one of phone numbers; there are: {}.", headers.join(", "));
            Refusal::new("missing_phone_column", detail, "Name the column of the numbers phone.")
        })?;
        let mut taken: Vec<usize> = by_name.language.into_iter().chain([phone]).collect();
        let mut find = |names: &[&str]| {
            let column = (0..folded.len()).find(|column| names.contains(&folded[*column].as_str()) && !taken.contains(column));
            taken.extend(column);
            column
        };
        let mut columns = Self {
            phone,
            language: by_name.language,
            name: find(NAME),
            time_zone: find(TIME_ZONE),
            status: find(STATUS),
            tags: find(TAGS),
            all_attributes: find(&[ATTRIBUTES]),
            purchase: PurchaseColumns {
                reference: find(&["purchasereference"]),
                amount: find(&["purchaseamount"]),
                currency: find(&["purchasecurrency"]),
                at: find(&["purchaseat"]),
                items: find(&["purchaseitems"]),
            },
            attributes: Vec::new(),
        };
        for (column, header) in headers.iter().enumerate() {
            if taken.contains(&column) || OWN.contains(&folded[column].as_str()) {
                continue;
            }
            let name = profile::attribute_name(header).map_err(|refusal| Refusal {
                detail: format!("Column “{header}”: {}", refusal.detail),
                fix: "Rename the column, or leave it out.".into(),
                ..refusal
            })?;
            columns.attributes.push((column, name));
        }
        Ok(columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(header: &str) -> Result<Columns, Refusal> {
        Columns::of(&header.split(',').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn columns_are_told_by_their_names_in_three_languages() {
        let columns = of("Full Name,Mobile,Language,Time zone,Lead status,Tags,City,order.size").expect("a file of contacts");
        assert_eq!((columns.name, columns.phone, columns.language), (Some(0), 1, Some(2)));
        assert_eq!((columns.time_zone, columns.status, columns.tags), (Some(3), Some(4), Some(5)));
        assert_eq!(columns.attributes, [(6, "City".to_owned()), (7, "order.size".to_owned())]);
        assert_eq!(of("نام,موبایل,زبان").map(|c| (c.name, c.phone, c.language)), Ok((Some(0), 1, Some(2))));
        assert_eq!(of("姓名,手機,標籤").map(|c| (c.name, c.phone, c.tags)), Ok((Some(0), 1, Some(2))));
    }

    #[test]
    fn columns_of_purchases_are_no_attributes() {
        let columns = of("phone,purchase_reference,Purchase Amount,purchase_currency,purchase_at,purchase_items").expect("a file");
        let purchase = PurchaseColumns { reference: Some(1), amount: Some(2), currency: Some(3), at: Some(4), items: Some(5) };
        assert_eq!((columns.purchase, columns.attributes.len()), (purchase, 0));
    }

    #[test]
    fn our_own_export_brings_no_new_attributes() {
        let columns = of("id,phone,name,language,time_zone,status,tags,attributes,created_at,updated_at").expect("an export");
        assert!(columns.attributes.is_empty() && columns.all_attributes == Some(7), "{columns:?}");
    }

    #[test]
    fn a_file_without_numbers_or_with_a_strange_column_is_refused() {
        assert_eq!(of("name,city").map_err(|r| r.code), Err("missing_phone_column"));
        assert_eq!(of("phone,<b>").map_err(|r| r.code), Err("not_a_name"));
    }
}
