//! The frame of a page: head, navigation, where one is.

use axum::response::Html;
use maud::{DOCTYPE, Markup, html};

use super::asset;
use super::guard::{TOKEN_FIELD, Visit};
use super::icon::{Icon, icon};

/// A page of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tab {
    Phone,
    Overview,
    Messages,
    Callbacks,
    Channels,
    Applications,
    Routes,
    Dashboards,
}

impl Tab {
    const ALL: [(Tab, &'static str, &'static str, Icon); 8] = [
        (Tab::Phone, "Phone", "/", Icon::Phone),
        (Tab::Overview, "Overview", "/console/overview", Icon::Overview),
        (Tab::Messages, "Messages", "/console/messages", Icon::Messages),
        (Tab::Callbacks, "Callbacks", "/console/callbacks", Icon::Callbacks),
        (Tab::Channels, "Channels", "/console/channels", Icon::Channels),
        (Tab::Applications, "Applications", "/console/applications", Icon::Applications),
        (Tab::Routes, "Routes", "/console/routes", Icon::Routes),
        (Tab::Dashboards, "Dashboards", "/console/dashboards", Icon::Dashboards),
    ];
}

fn head(title: &str) -> Markup {
    html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="color-scheme" content="light dark";
        title { (title) " · Hookswitch" }
        link rel="icon" href=(asset::url("favicon.svg")) type="image/svg+xml";
        link rel="stylesheet" href=(asset::url("console.css"));
        script src=(asset::url("console.js")) defer {}
    }
}

/// A page inside the console.
pub(super) fn page(visit: &Visit, tab: Tab, title: &str, body: &Markup) -> Html<String> {
    let tabs = Tab::ALL.into_iter().filter(|(tab, ..)| *tab != Tab::Phone || visit.has_phones);
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head { (head(title)) }
            body {
                a.skip href="#content" { "Skip to the content" }
                div.shell {
                    header.side {
                        a.brand href="/" { (icon(Icon::Brand)) "Hookswitch" }
                        nav.nav aria-label="Console" {
                            @for (known, name, href, drawing) in tabs {
                                a href=(href) aria-current=[(known == tab).then_some("page")] { (icon(drawing)) (name) }
                            }
                        }
                        div.side-foot {
                            span.live #live-state role="status" {}
                            @if visit.session.is_some() {
                                form method="post" action="/console/sign-out" {
                                    (form_token(visit))
                                    button.button.quiet type="submit" { "Sign out" }
                                }
                            }
                        }
                    }
                    main.page #content { (body) }
                }
            }
        }
    };
    Html(markup.into_string())
}

/// A page that stands alone: nobody is signed in, or something went wrong.
pub(super) fn bare(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head { (head(title)) }
            body {
                main.gate {
                    div.card {
                        a.brand href="/" { (icon(Icon::Brand)) "Hookswitch" }
                        (body)
                    }
                }
            }
        }
    }
}

/// What every form carries.
pub(super) fn form_token(visit: &Visit) -> Markup {
    html! { input type="hidden" name=(TOKEN_FIELD) value=(visit.form_token); }
}

/// The heading of a page and the sentence under it.
pub(super) fn heading(title: &str, lede: &str) -> Markup {
    html! {
        div.page-head { div { h1 { (title) } p.lede { (lede) } } }
    }
}
