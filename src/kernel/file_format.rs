//! How a download is written.

/// A table for spreadsheets, or the shape of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// A table with one row for each thing.
    Csv,
    /// JSON, as the API shows things.
    Json,
}

impl FileFormat {
    /// Reads `csv` or `json`.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// The media type of the file.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
        }
    }

    /// What a file with this stem is called.
    pub fn named(self, stem: &str) -> String {
        let ending = match self {
            Self::Csv => "csv",
            Self::Json => "json",
        };
        format!("{stem}.{ending}")
    }

    /// The header that makes a browser save it under that name.
    pub fn disposition(self, stem: &str) -> String {
        format!("attachment; filename=\"{}\"", self.named(stem))
    }
}
