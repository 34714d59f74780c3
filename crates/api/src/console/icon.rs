//! The few drawings of the console, as inline SVG that takes the colour of the text around it.

use maud::{Markup, PreEscaped, html};

/// A drawing, by what it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Icon {
    Brand,
    Phone,
    Overview,
    Messages,
    Callbacks,
    Channels,
    Applications,
    Routes,
    Dashboards,
    FromPhone,
    ToPhone,
}

impl Icon {
    const fn strokes(self) -> &'static str {
        match self {
            Icon::Brand => {
                "<path d=\"M3.5 8c0-1.4 1.1-2.5 2.5-2.500h2.200c1 0 1.8.7 2 1.600l.5 2.300h2.600l.5-2.300c.2-.9 1-1.6 2-1.600H18\
                 c1.4 0 2.5 1.1 2.5 2.5 0 2.1-1 3.4-2.5 3.900H6C4.5 11.4 3.5 10.1 3.5 8Z\"/>\
                 <path d=\"M12 12v6M7.5 18.500h9\"/>"
            }
            Icon::Phone => "<rect x=\"7\" y=\"3\" width=\"10\" height=\"18\" rx=\"2.5\"/><path d=\"M11 18h2\"/>",
            Icon::Overview => {
                "<rect x=\"4\" y=\"4\" width=\"7\" height=\"7\" rx=\"1.5\"/><rect x=\"13\" y=\"4\" width=\"7\" height=\"7\" \
                 rx=\"1.5\"/><rect x=\"4\" y=\"13\" width=\"7\" height=\"7\" rx=\"1.5\"/><rect x=\"13\" y=\"13\" width=\"7\" \
                 height=\"7\" rx=\"1.5\"/>"
            }
            Icon::Messages => {
                "<path d=\"M5 5h14a1.5 1.5 0 0 1 1.5 1.500v8A1.5 1.5 0 0 1 19 16h-7l-4.5 4v-4H5a1.5 \
                               1.5 0 0 1-1.5-1.500v-8A1.5 1.5 0 0 1 5 5Z\"/>"
            }
            Icon::Callbacks => {
                "<path d=\"M4 12a8 8 0 0 1 14-5.300L20 9M20 4v5h-5M20 12a8 8 0 0 1-14 5.300L4 15M4 20v-5h5\"/>"
            }
            Icon::Channels => {
                "<path d=\"M12 13v7M8.5 16.500a5 5 0 0 1 0-7M15.5 9.500a5 5 0 0 1 0 7M6 19a8.5 8.5 0 0 1 0-12M18 7a8.5 \
                 8.5 0 0 1 0 12\"/><circle cx=\"12\" cy=\"13\" r=\"1\"/>"
            }
            Icon::Applications => "<path d=\"M8.5 8 4.5 12l4 4M15.5 8l4 4-4 4M13.5 5.500l-3 13\"/>",
            Icon::Routes => {
                "<circle cx=\"6\" cy=\"6\" r=\"2\"/><circle cx=\"18\" cy=\"18\" r=\"2\"/><path d=\"M8 6h7.500a3 3 0 0 1 0 6h-7a3 3 \
                 0 0 0 0 6H16\"/>"
            }
            Icon::Dashboards => "<path d=\"M4 4v14.500a1.5 1.5 0 0 0 1.500 1.500H20M8 15l4-5 3 3 4.500-6\"/>",
            Icon::FromPhone => "<path d=\"M4 12h15M13 6l6 6-6 6\"/>",
            Icon::ToPhone => "<path d=\"M20 12H5M11 6l-6 6 6 6\"/>",
        }
    }
}

/// Draws it; screen readers skip it.
pub(super) fn icon(icon: Icon) -> Markup {
    html! {
        svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="1.8"
            stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" { (PreEscaped(icon.strokes())) }
    }
}
