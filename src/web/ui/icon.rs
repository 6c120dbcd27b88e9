//! Icons: own drawings on a 24 px grid, in the colour of the text beside them.

use leptos::prelude::*;

/// Declares the icons: a name and its drawing.
macro_rules! glyphs {
    ($($name:ident = $drawing:literal;)*) => {
        /// One drawing. Icons accompany words and never stand for them alone.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Glyph { $(#[doc = stringify!($name)] $name),* }

        impl Glyph {
            fn drawing(self) -> &'static str {
                match self { $(Self::$name => $drawing),* }
            }
        }
    };
}

glyphs! {
    Home = r#"<path d="M3 11.5 12 4l9 7.5"/><path d="M5.5 10v9.5h13V10"/><path d="M10 19.5v-5h4v5"/>"#;
    Send = r#"<path d="M20.5 3.5 10.5 13.5"/><path d="m20.5 3.5-6.3 17-3.7-7-7-3.7z"/>"#;
    Flag = r#"<path d="M5 21V4"/><path d="M5 4.5c4-2 7 2 14 0v9c-7 2-10-2-14 0"/>"#;
    File = r#"<path d="M14 3H6.5v18h11V6.5z"/><path d="M14 3v4h3.5"/><path d="M9.5 12h5M9.5 16h5"/>"#;
    Clock = r#"<circle cx="12" cy="12" r="8.5"/><path d="M12 7.5V12l3 2"/>"#;
    Inbox = r#"<path d="M3.5 13 6 5h12l2.5 8v6h-17z"/><path d="M3.5 13H8l1.5 3h5L16 13h4.5"/>"#;
    Coin = r#"<circle cx="12" cy="12" r="8.5"/><path d="M14.8 9.3c-.5-.9-1.5-1.4-2.8-1.4-1.7 0-2.9.8-2.9 2.1 0 2.9 5.9 1.3 5.9 4.1 0 1.3-1.3 2.1-3 2.1-1.4 0-2.5-.6-3-1.5M12 6v12"/>"#;
    People = r#"<circle cx="9" cy="8.5" r="3.5"/><path d="M2.5 19.5c.6-3.5 3-5.5 6.5-5.5s5.9 2 6.5 5.5"/><path d="M16 5.3a3.5 3.5 0 0 1 0 6.4M18 14.5c2 .7 3.1 2.4 3.5 5"/>"#;
    Gear = r#"<circle cx="12" cy="12" r="3"/><path d="M12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.1 2.1M16.3 16.3l2.1 2.1M5.6 18.4l2.1-2.1M16.3 7.7l2.1-2.1"/>"#;
    Filter = r#"<path d="M3.5 5h17l-6.5 8v6l-4-2v-4z"/>"#;
    Search = r#"<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>"#;
    Menu = r#"<path d="M4 7h16M4 12h16M4 17h16"/>"#;
    Warn = r#"<path d="M12 4 2.8 20h18.4z"/><path d="M12 10v4.5M12 17.2v.1"/>"#;
    Pause = r#"<path d="M8.5 5.5v13M15.5 5.5v13"/>"#;
    Play = r#"<path d="M7.5 5v14l11-7z"/>"#;
    Retry = r#"<path d="M4.5 12a7.5 7.5 0 1 1 2.3 5.4"/><path d="M4 20v-4.5h4.5"/>"#;
    Chat = r#"<path d="M4 5h16v11H10l-4.5 4v-4H4z"/>"#;
    Plus = r#"<path d="M12 5v14M5 12h14"/>"#;
    Moon = r#"<path d="M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z"/>"#;
    Sun = r#"<circle cx="12" cy="12" r="4"/><path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M5.6 18.4 7 17M17 7l1.4-1.4"/>"#;
    Screen = r#"<rect x="3.5" y="5" width="17" height="11.5" rx="1.5"/><path d="M9 20h6M12 16.5V20"/>"#;
    Check = r#"<path d="m5 12.5 4.5 4.5L19 7.5"/>"#;
    Download = r#"<path d="M12 4v11M7 11l5 5 5-5M5 20h14"/>"#;
    Upload = r#"<path d="M12 16V5M7 9l5-5 5 5M5 20h14"/>"#;
    Info = r#"<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5M12 8v.1"/>"#;
    Lock = r#"<rect x="5" y="11" width="14" height="9.5" rx="2"/><path d="M8 11V8a4 4 0 0 1 8 0v3"/>"#;
    Next = r#"<path d="m9.5 5.5 6.5 6.5-6.5 6.5"/>"#;
    Previous = r#"<path d="M14.5 5.5 8 12l6.5 6.5"/>"#;
    Stop = r#"<circle cx="12" cy="12" r="8.5"/><path d="m6 6 12 12"/>"#;
    Trash = r#"<path d="M4.5 7h15M9.5 7V4.5h5V7M6.5 7l1 13h9l1-13"/>"#;
}

impl Glyph {
    /// Whether it points somewhere and is mirrored where people read from right to left.
    fn is_directed(self) -> bool {
        matches!(self, Self::Send | Self::Next | Self::Previous | Self::Play)
    }
}

/// An icon; hidden from screen readers, since the words beside it say the same.
#[component]
pub fn Icon(glyph: Glyph) -> impl IntoView {
    let class = if glyph.is_directed() { "icon icon-flip" } else { "icon" };
    view! { <svg class=class viewBox="0 0 24 24" aria-hidden="true" inner_html=glyph.drawing()></svg> }
}
