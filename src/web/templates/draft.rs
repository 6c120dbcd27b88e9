//! What stands in the editor: the stored template, or what was just typed.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kernel::error::{Error, Result};
use crate::kernel::language::Language;
use crate::kernel::money::Money;
use crate::templates::{
    Dlt, MOST_LANGUAGES, Placeholder, PlaceholderInput, PlaceholderKind, SampleSet, Sketch, TemplateInput, TemplateView, in_gsm7,
};
use crate::web::action::Posted;
use crate::web::page::Typed;

/// More rows than a template can have placeholders.
pub const MOST_ROWS: usize = 200;

/// The parts of the editor that change while it is used.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Texts and placeholders; shared, because every card of the editor looks at them.
    pub sketch: Arc<Sketch>,
    /// The language on the phone.
    pub shown: Language,
    /// The values on the phone.
    pub samples: SampleSet,
    /// What a segment costs in the organisation's own country, where that is known.
    pub price: Option<Money>,
}

/// The fields of a form, posted just now or shown again.
pub trait Fields {
    /// The first value of a field.
    fn one(&self, field: &str) -> Option<&str>;
    /// Every value of a field.
    fn every(&self, field: &str) -> Vec<String>;
}

impl Fields for Typed {
    fn one(&self, field: &str) -> Option<&str> {
        self.get(field)
    }

    fn every(&self, field: &str) -> Vec<String> {
        self.all(field).map(str::to_owned).collect()
    }
}

impl Fields for Posted {
    fn one(&self, field: &str) -> Option<&str> {
        self.get(field)
    }

    fn every(&self, field: &str) -> Vec<String> {
        self.all(field).map(str::to_owned).collect()
    }
}

impl Draft {
    /// The editor of a new template, with an empty text in the organisation's language.
    pub fn blank(language: &Language) -> Self {
        let sketch = Sketch::new(vec![(language.clone(), String::new())], &[]);
        Self { sketch: Arc::new(sketch), shown: language.clone(), samples: SampleSet::default(), price: None }
    }

    /// The editor of a stored template.
    pub fn of(template: &TemplateView, organisation: &Language) -> Self {
        let texts = template.texts.iter().map(|(language, source)| (language.clone(), source.clone())).collect();
        let shown = Some(organisation).filter(|l| template.texts.contains_key(l)).or_else(|| template.texts.keys().next());
        let shown = shown.unwrap_or(organisation).clone();
        let sketch = Arc::new(Sketch::new(texts, &template.placeholders));
        Self { sketch, shown, samples: SampleSet::default(), price: None }
    }

    /// The same with the longest values that were really sent.
    #[must_use]
    pub fn with_longest(mut self, longest: BTreeMap<String, String>) -> Self {
        Arc::make_mut(&mut self.sketch).longest = longest;
        self
    }

    /// The editor as it was typed, after the button that was pressed: `fix` replaces the culprits of a language,
    /// `remove` takes a language away, `add` brings one.
    pub fn typed(form: &impl Fields) -> Self {
        let mut texts = texts(form);
        let named = |field: &str| form.one(field).and_then(Language::parse);
        if let Some(language) = named("fix") {
            texts.iter_mut().filter(|(l, _)| *l == language).for_each(|(_, source)| *source = in_gsm7(source));
        }
        if let Some(language) = named("remove") {
            texts.retain(|(l, _)| *l != language);
        }
        let added = form.one("add").and(named("new_language")).filter(|new| texts.iter().all(|(l, _)| l != new));
        texts.extend(added.clone().map(|language| (language, String::new())));
        let declared: Vec<Placeholder> = rows(form).map(described).collect();
        let shown = added.or_else(|| named("shown")).filter(|wanted| texts.iter().any(|(l, _)| l == wanted));
        let shown = shown.or_else(|| texts.first().map(|(l, _)| l.clone())).unwrap_or_else(Language::english);
        let samples = form.one("samples").and_then(SampleSet::parse).unwrap_or_default();
        Self { sketch: Arc::new(Sketch::new(texts, &declared)), shown, samples, price: None }
    }
}

/// Refuses a press of “Add” that names no language, or one that is there already.
pub fn require_new_language(form: &impl Fields) -> Result<()> {
    if form.one("add").is_none() {
        return Ok(());
    }
    let refuse = |code, detail: &str| Err(Error::invalid("new_language", code, detail));
    match form.one("new_language").and_then(Language::parse) {
        None => refuse("unknown_language", "Write a language tag such as en, fa or zh-Hant."),
        Some(new) if texts(form).iter().any(|(l, _)| *l == new) => refuse("repeated", "This language is there already."),
        Some(_) => Ok(()),
    }
}

/// What the form says a template is to be. `seen` is the state that its writer saw.
pub fn input(form: &impl Fields) -> TemplateInput {
    let text = |field: &str| form.one(field).map(str::to_owned);
    TemplateInput {
        code: text("code").map(|code| code.trim().to_owned()).filter(|code| !code.is_empty()),
        name: text("name"),
        category: text("category"),
        description: text("description"),
        texts: Some(texts(form).into_iter().map(|(language, source)| (language.to_string(), source)).collect::<BTreeMap<_, _>>()),
        variants: None,
        placeholders: Some(rows(form).collect()),
        dlt: form.one("dlt.entity_id").map(|_| Dlt {
            entity_id: text("dlt.entity_id"),
            template_id: text("dlt.template_id"),
            header: text("dlt.header"),
        }),
        expected_updated_at: text("seen"),
    }
}

/// The texts in their order, each language once. One more than a template may have is read, so that too many are still refused, and
/// no more, so that a form of a thousand languages costs no more than one of twenty. Browsers post line breaks as CR LF, which would
/// be one more character of a message.
fn texts(form: &impl Fields) -> Vec<(Language, String)> {
    let mut texts: Vec<(Language, String)> = Vec::new();
    for tag in form.every("languages") {
        if texts.len() > MOST_LANGUAGES {
            break;
        }
        let Some(language) = Language::parse(&tag).filter(|language| texts.iter().all(|(known, _)| known != language)) else { continue };
        let source = form.one(&format!("texts.{tag}")).unwrap_or_default();
        texts.push((language, source.replace("\r\n", "\n")));
    }
    texts
}

/// The rows of the table of placeholders. They are numbered, because a name may say anything.
fn rows(form: &impl Fields) -> impl Iterator<Item = PlaceholderInput> {
    (0..MOST_ROWS).map_while(|row| {
        let part = |part: &str| form.one(&format!("row.{row}.{part}")).map(str::to_owned);
        Some(PlaceholderInput {
            name: part("name")?,
            kind: part("kind"),
            sample: part("sample"),
            longest: part("longest"),
            default: part("default"),
        })
    })
}

/// A row as far as it can be shown.
fn described(row: PlaceholderInput) -> Placeholder {
    let given = |text: Option<String>| text.filter(|t| !t.trim().is_empty());
    Placeholder {
        name: row.name,
        kind: row.kind.as_deref().and_then(PlaceholderKind::parse).unwrap_or_default(),
        sample: given(row.sample),
        longest: given(row.longest),
        default: given(row.default),
    }
}
