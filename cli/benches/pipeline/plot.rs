//! A plot: lines over a size, as an SVG that needs nothing else.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;

use crate::figure::number;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 80.0;
const RIGHT: f64 = 150.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 50.0;
const COLOURS: [&str; 5] = ["#4477aa", "#ee6677", "#228833", "#ccbb44", "#aa3377"];

/// A line.
pub(crate) struct Line<'a> {
    pub(crate) name: &'a str,
    /// Size and value.
    pub(crate) points: Vec<(f64, f64)>,
}

/// Draws lines over the logarithmic size of something, from 0 on.
pub(crate) fn write(file: &Path, (title, of): (&str, &str), lines: &[Line<'_>]) -> Result<()> {
    let points = || lines.iter().flat_map(|line| &line.points);
    let most = points().map(|point| point.1).fold(0.0, f64::max) * 1.1;
    let (from, to) =
        points().fold((f64::MAX, 0.0_f64), |(from, to), (size, _)| (from.min(*size), to.max(*size)));
    let x = |size: f64| LEFT + (WIDTH - LEFT - RIGHT) * (size / from).ln() / (to / from).ln();
    let y = |value: f64| HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / most;
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/><text x="{LEFT}" y="14">{title}</text>"##
    );
    for step in 0..=4 {
        let value = most / 4.0 * f64::from(step);
        let at = y(value);
        write!(
            svg,
            r##"<line x1="{LEFT}" x2="{}" y1="{at:.1}" y2="{at:.1}" stroke="#ddd"/><text x="{}" y="{:.1}" text-anchor="end">{}</text>"##,
            WIDTH - RIGHT,
            LEFT - 6.0,
            at + 4.0,
            number(value)
        )?;
    }
    for (size, _) in &lines[0].points {
        let (at, below) = (x(*size), HEIGHT - BOTTOM + 18.0);
        write!(svg, r#"<text x="{at:.1}" y="{below}" text-anchor="middle">{}</text>"#, number(*size))?;
    }
    write!(svg, r#"<text x="{LEFT}" y="{}">{of}</text>"#, HEIGHT - 8.0)?;
    for (line, colour) in lines.iter().zip(COLOURS) {
        let path: Vec<String> =
            line.points.iter().map(|(size, value)| format!("{:.1},{:.1}", x(*size), y(*value))).collect();
        write!(
            svg,
            r#"<polyline points="{}" fill="none" stroke="{colour}" stroke-width="2"/>"#,
            path.join(" ")
        )?;
        let (size, value) = line.points[line.points.len() - 1];
        write!(
            svg,
            r#"<text x="{:.1}" y="{:.1}" fill="{colour}">{}</text>"#,
            x(size) + 6.0,
            y(value) + 4.0,
            line.name
        )?;
    }
    svg.push_str("</svg>\n");
    Ok(std::fs::write(file, svg)?)
}
