//! Charts as SVG, drawn by plotters. Plotters writes colours into attributes; we draw in stand-in colours and
//! put classes in their place, so that the stylesheet colours both themes. Each chart is drawn twice, wide and
//! narrow, so that its labels stay readable on phones, and stands beside a table with the same figures.

use leptos::prelude::*;
use plotters::coord::ranged1d::SegmentValue;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::ui::show::{money, number};
use crate::kernel::money::{Currency, Micros};

/// Stand-ins and what replaces them.
const FIRST: RGBColor = RGBColor(1, 1, 1);
const SECOND: RGBColor = RGBColor(1, 1, 2);
const THIRD: RGBColor = RGBColor(1, 1, 6);
const GRID: RGBColor = RGBColor(1, 1, 3);
const TRACK: RGBColor = RGBColor(1, 1, 4);
const TEXT: RGBColor = RGBColor(1, 1, 5);
const REPLACED: [(&str, &str); 10] = [
    (r##"fill="#010101""##, r#"class="s1""#),
    (r##"fill="#010102""##, r#"class="s2""#),
    (r##"fill="#010106""##, r#"class="s3""#),
    (r##"stroke="#010103" stroke-width="1""##, r#"class="gridline""#),
    (r##"fill="#010104""##, r#"class="track""#),
    (r##" fill="#010105""##, ""),
    (r#" stroke="none""#, ""),
    (r#" opacity="1""#, ""),
    (r#" font-family="sans-serif""#, ""),
    (r#" font-size="9.67741935483871""#, ""),
];
const LABEL: (&str, f64) = ("sans-serif", 12.0);

type Drawing = Result<(), Box<dyn std::error::Error>>;

/// The colours of stacked parts, lowest first, and the swatches of their legend.
const PARTS: [(RGBColor, &str); 3] = [(FIRST, "swatch"), (SECOND, "swatch s2"), (THIRD, "swatch s3")];

/// One day of a [`DayBars`] chart.
#[derive(Clone, Debug)]
pub struct Day {
    /// The day as it is written, e.g. `23 Oct`.
    pub label: String,
    /// Its parts from the bottom up, e.g. delivered, failed, on their way.
    pub parts: [i64; 3],
}

/// Bars per day in up to three stacked parts.
#[component]
pub fn DayBars(
    /// Starts the ids inside; unique on the page.
    id: &'static str,
    /// What the chart shows.
    #[prop(into)]
    title: String,
    /// What it says: total, peak, what stands out.
    #[prop(into)]
    summary: String,
    /// What the parts are called.
    parts: [&'static str; 3],
    /// The days in their order.
    days: Vec<Day>,
) -> impl IntoView {
    let picture = |width, height| svg(width, height, |area| day_bars(area, &days, &|n| number(n)));
    let cells = |d: &Day| d.parts.map(|n| view! { <td class="num">{number(n)}</td> }).into_iter().collect_view();
    let rows: Vec<_> = days.iter().rev().map(|d| view! { <tr><th scope="row">{d.label.clone()}</th>{cells(d)}</tr> }).collect();
    let heads = parts.map(|part| view! { <th scope="col" class="num">{part}</th> }).into_iter().collect_view();
    let table = view! {
        <table class="dense">
            <caption class="vh">{title.clone()}</caption>
            <thead><tr><th scope="col">"Day"</th>{heads}</tr></thead>
            <tbody>{rows}</tbody>
        </table>
    };
    let legend: Vec<_> = parts.iter().zip(PARTS).map(|(part, (_, class))| view! { <li><span class=class></span>{*part}</li> }).collect();
    view! {
        <ul class="legend">{legend}</ul>
        <Figure id=id title=title summary=summary wide=picture(720, 250) narrow=picture(340, 220) table=table.into_any()/>
    }
    .into_any()
}

/// What each day cost, as bars that stand.
#[component]
pub fn CostDays(
    /// Starts the ids inside; unique on the page.
    id: &'static str,
    /// What the chart shows.
    #[prop(into)]
    title: String,
    /// What it says: total and the dearest day.
    #[prop(into)]
    summary: String,
    /// The days in their order.
    costs: Vec<Cost>,
    /// The currency of all of them.
    currency: Currency,
) -> impl IntoView {
    let days: Vec<Day> = costs.iter().map(|c| Day { label: c.label.clone(), parts: [c.micros, 0, 0] }).collect();
    let picture = |width, height| svg(width, height, |area| day_bars(area, &days, &|micros| money(micros, currency)));
    let table = cost_table("Day", &title, &costs, currency);
    view! { <Figure id=id title=title summary=summary wide=picture(720, 250) narrow=picture(340, 220) table=table/> }.into_any()
}

/// The figures of a cost chart.
fn cost_table(what: &'static str, title: &str, costs: &[Cost], currency: Currency) -> AnyView {
    let rows: Vec<_> = costs
        .iter()
        .map(|c| view! { <tr><th scope="row"><bdi>{c.label.clone()}</bdi></th><td class="num">{money(c.micros, currency)}</td></tr> })
        .collect();
    view! {
        <table class="dense">
            <caption class="vh">{title.to_owned()}</caption>
            <thead><tr><th scope="col">{what}</th><th scope="col" class="num">"Cost"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

/// One bar of a [`CostBars`] chart.
#[derive(Clone, Debug)]
pub struct Cost {
    /// What it is for, e.g. a provider or a country.
    pub label: String,
    /// How much.
    pub micros: Micros,
}

/// Costs beside each other, as bars that lie.
#[component]
pub fn CostBars(
    /// Starts the ids inside; unique on the page.
    id: &'static str,
    /// What the chart shows.
    #[prop(into)]
    title: String,
    /// What it says: total and the largest.
    #[prop(into)]
    summary: String,
    /// What the labels are, e.g. `Country`.
    what: &'static str,
    /// The bars in their order.
    costs: Vec<Cost>,
    /// The currency of all of them.
    currency: Currency,
) -> impl IntoView {
    let height = ROW * u32::try_from(costs.len()).unwrap_or(1).max(1);
    let picture = |width| svg(width, height, |area| cost_bars(area, &costs, currency));
    let table = cost_table(what, &title, &costs, currency);
    view! { <Figure id=id title=title summary=summary wide=picture(720) narrow=picture(340) table=table/> }.into_any()
}

/// Two renderings of a chart and its table.
#[component]
fn Figure(id: &'static str, title: String, summary: String, wide: Picture, narrow: Picture, table: AnyView) -> impl IntoView {
    let picture = |size: &'static str, picture: Picture| {
        let (title_id, summary_id) = (format!("{id}-{size}-title"), format!("{id}-{size}-summary"));
        let named_by = format!("{title_id} {summary_id}");
        view! {
            <svg class=format!("chart chart-{size}") viewBox=picture.view_box role="img" aria-labelledby=named_by>
                <title id=title_id>{title.clone()}</title>
                <desc id=summary_id>{summary.clone()}</desc>
                <g inner_html=picture.shapes></g>
            </svg>
        }
    };
    view! {
        <div class="figure">{picture("wide", wide)}{picture("narrow", narrow)}</div>
        <details class="plain">
            <summary>"Show as a table"</summary>
            <section class="table-wrap" tabindex="0" aria-label=format!("{title}, as a table")>{table}</section>
        </details>
    }
}

/// What plotters drew, ready for the page.
#[derive(Clone, Debug)]
struct Picture {
    view_box: String,
    shapes: String,
}

/// Draws and replaces the stand-ins. A chart that cannot be drawn is empty: its table has the figures.
fn svg(width: u32, height: u32, draw: impl FnOnce(&DrawingArea<SVGBackend<'_>, plotters::coord::Shift>) -> Drawing) -> Picture {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (width, height)).into_drawing_area();
        if let Err(error) = draw(&area).and_then(|()| area.present().map_err(Into::into)) {
            tracing::warn!(%error, "a chart could not be drawn");
        }
    }
    let inner = text.split_once('>').map_or("", |(_, rest)| rest).trim_end().trim_end_matches("</svg>");
    let shapes = REPLACED.iter().fold(inner.to_owned(), |shapes, (stand_in, real)| shapes.replace(stand_in, real));
    Picture { view_box: format!("0 0 {width} {height}"), shapes }
}

/// Bars on a round scale; `write` says a value of it.
fn day_bars(area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>, days: &[Day], write: &dyn Fn(i64) -> String) -> Drawing {
    let most = days.iter().map(|d| d.parts.iter().sum()).max().unwrap_or(0).max(4);
    let count = i32::try_from(days.len())?.max(1);
    let room = u32::try_from(write(most).chars().count())? * 8 + 12;
    let narrow = area.dim_in_pixel().0 < 500;
    let mut chart = ChartBuilder::on(area)
        .margin_top(10)
        .margin_right(4)
        .x_label_area_size(24)
        .y_label_area_size(room)
        .build_cartesian_2d((0..count - 1).into_segmented(), 0..most + most / 20)?;
    let label = |at: &SegmentValue<i32>| match at {
        SegmentValue::CenterOf(i) | SegmentValue::Exact(i) => usize::try_from(*i).ok().and_then(|i| days.get(i)).map(|d| d.label.clone()),
        SegmentValue::Last => None,
    };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(if narrow { 4 } else { 7 })
        .y_labels(4)
        .x_label_formatter(&|at| label(at).unwrap_or_default())
        .y_label_formatter(&|n| write(*n))
        .label_style(LABEL.into_font().color(&TEXT))
        .axis_style(TRANSPARENT)
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .draw()?;
    let gap = if days.len() > 45 || narrow { 1 } else { 3 };
    for (part, (colour, _)) in PARTS.into_iter().enumerate() {
        chart.draw_series(days.iter().enumerate().filter_map(|(i, day)| {
            let i = i32::try_from(i).ok().filter(|_| day.parts[part] > 0)?;
            let from: i64 = day.parts[..part].iter().sum();
            let corners = [(SegmentValue::Exact(i), from), (SegmentValue::Exact(i + 1), from + day.parts[part])];
            let mut bar = Rectangle::new(corners, colour.filled());
            bar.set_margin(0, 0, gap, gap);
            Some(bar)
        }))?;
    }
    Ok(())
}

/// The height of a lying bar with its label above.
const ROW: u32 = 44;

fn cost_bars(area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>, costs: &[Cost], currency: Currency) -> Drawing {
    let width = i32::try_from(area.dim_in_pixel().0)?;
    let most = costs.iter().map(|c| c.micros).max().unwrap_or(0).max(1);
    let style = LABEL.into_font().color(&TEXT);
    for (i, cost) in costs.iter().enumerate() {
        let top = i32::try_from(i)? * i32::try_from(ROW)?;
        let filled = (cost.micros.max(0) as f64 / most as f64 * f64::from(width)).round() as i32;
        area.draw_text(&shortened(&cost.label, width), &style.pos(Pos::new(HPos::Left, VPos::Top)), (0, top + 4))?;
        area.draw_text(&money(cost.micros, currency), &style.pos(Pos::new(HPos::Right, VPos::Top)), (width, top + 4))?;
        area.draw(&Rectangle::new([(0, top + 22), (width, top + 34)], TRACK.filled()))?;
        area.draw(&Rectangle::new([(0, top + 22), (filled, top + 34)], FIRST.filled()))?;
    }
    Ok(())
}

/// A label that leaves room for the amount at the end of its line.
fn shortened(label: &str, width: i32) -> String {
    let room = usize::try_from(width / 11).unwrap_or(20);
    if label.chars().count() <= room { label.to_owned() } else { label.chars().take(room - 1).chain(['…']).collect() }
}

#[cfg(test)]
mod unit {
    use super::*;

    fn days(n: i64) -> Vec<Day> {
        (0..n).map(|i| Day { label: format!("{} Oct", i + 1), parts: [100 * i, i, 0] }).collect()
    }

    #[test]
    fn a_chart_is_coloured_by_classes_alone() {
        let picture = svg(720, 250, |area| day_bars(area, &days(30), &|n| number(n)));
        for needle in ["#0101", "style=", "font-", "<svg", "</svg>"] {
            assert!(!picture.shapes.contains(needle), "{needle} in {}", picture.shapes);
        }
        assert_eq!(picture.shapes.matches(r#"class="s1""#).count(), 29, "one bar for each day that has something");
        assert_eq!(picture.shapes.matches(r#"class="s2""#).count(), 29);
        assert!(picture.shapes.contains("gridline"));
    }

    #[test]
    fn a_chart_of_nothing_is_still_a_chart() {
        for n in [0, 1, 2] {
            let picture = svg(340, 220, |area| day_bars(area, &days(n), &|n| number(n)));
            assert!(picture.shapes.contains("<text"), "{n} days");
        }
        assert_eq!(svg(340, ROW, |area| cost_bars(area, &[], Currency::USD)).shapes.trim(), "");
    }

    #[test]
    fn what_a_chart_shows_is_escaped() {
        let owner = Owner::new();
        let evil = "</title><script>alert(1)</script>";
        let html = owner.with(|| {
            let costs = vec![Cost { label: evil.into(), micros: 1 }];
            view! { <CostBars id="c" title=evil summary=evil what="Country" costs=costs currency=Currency::USD/> }.to_html()
        });
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("&lt;/title&gt;&lt;script&gt;"), "{html}");
    }

    #[test]
    fn labels_are_escaped_and_kept_short() {
        let costs = [Cost { label: "<script>alert(1)</script> & more".into(), micros: 5_000_000 }];
        let picture = svg(340, ROW, |area| cost_bars(area, &costs, Currency::USD));
        assert!(!picture.shapes.contains("<script"), "{}", picture.shapes);
        assert!(picture.shapes.contains("$5.00"));
        assert!(shortened(&"x".repeat(100), 340).chars().count() <= 30);
    }
}
