//! What a tenant learns of the rules of others: nothing.

use domain::route::explain::{Rule, Step};

use super::*;
use crate::auth::{Caller, Scope};

fn scope_of_acme() -> Scope {
    let application = |id: &str, account: &str| domain::directory::Application {
        id: id.into(),
        account: account.into(),
        contract: domain::directory::Contract::ServiceLayer,
        url: "http://127.0.0.1/".into(),
        api_key: Default::default(),
        retry: domain::directory::RetryPolicy { waits_ms: vec![0], for_ms: 0 },
        order_hold_ms: 0,
        concurrency: 1,
        timeout_ms: 1,
        report_queued: false,
        vumi: None,
    };
    let applications = vec![application("weather", "acme"), application("secret-lab", "other")];
    let directory = Directory::new(vec![], applications, vec![], vec![]);
    Scope::of(&Caller::Account("acme".into()), &directory)
}

fn step(application: &str, wins: bool, reason: &str) -> Step {
    Step { rule: Rule::Route(0), application: application.into(), wins, reason: reason.into() }
}

#[test]
fn a_tenant_does_not_learn_whose_rule_wins() {
    let explanation = Explanation {
        application: Some("secret-lab".into()),
        channel: Some("carrier".into()),
        summary: "goes to secret-lab: keyword \"x\"".into(),
        steps: vec![
            step("secret-lab", true, "the whole text is \"x\""),
            step("weather", false, "takes everything, but the rule of secret-lab comes first"),
        ],
        more: 7,
    };
    let shown = without_others(&scope_of_acme(), explanation);
    assert!(!format!("{shown:?}").contains("secret-lab"), "{shown:?}");
    assert_eq!(shown.steps, [step("weather", false, "takes everything, but a rule of another account comes first")]);
    assert_eq!((shown.application, shown.channel, shown.more), (None, None, 0));
}

#[test]
fn a_tenants_own_rule_is_explained_in_full() {
    let explanation = Explanation {
        application: Some("weather".into()),
        channel: Some("carrier".into()),
        summary: "goes to weather".into(),
        steps: vec![step("weather", true, "wins"), step("secret-lab", false, "loses")],
        more: 0,
    };
    let shown = without_others(&scope_of_acme(), explanation);
    assert_eq!(shown.application.as_deref(), Some("weather"));
    assert_eq!(shown.steps, [step("weather", true, "wins")]);
}
