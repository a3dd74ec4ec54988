//! Roles: who may have links to archives.

use serde_json::json;

use crate::case::{Case, case};
use crate::identity::{HEADER, archivist, associate, identity};
use crate::served::Served;
use crate::traffic::TIMELINE;

const FORBIDDEN: &str = "You do not have the required permissions to access this resource";
const ROLE: &str = "/roles/archiveLink";

fn link() -> String {
    format!("/payloads/{TIMELINE}/archiveLink")
}

/// With the default role, and links of mock.
pub(crate) fn cases() -> Vec<Case> {
    let allowed = json!({"allowed": true});
    let held = json!({"Role": ["platform-archive-download"]});
    let tenant = |kind: &str| identity(json!({"type": kind, "org_id": "77", "associate": held.clone()}));
    let refused = |case: Case, who: String| {
        case.get(ROLE)
            .with(HEADER, who.clone())
            .refuses(403, FORBIDDEN)
            .get(link())
            .with(HEADER, who)
            .refuses(403, FORBIDDEN)
    };
    let others = [tenant("User"), tenant("ServiceAccount"), tenant("System"), tenant("associate")];
    let alone = others.into_iter().fold(
        case("The role is held by an `Associate` alone, and its name is `STORAGEBROKERURLROLE`."),
        refused,
    );
    let undecodable = ["%%%", "e30", "bm8ganNvbg==", "e30="]
        .iter()
        .fold(case("A header that can't be decoded is a 401."), |case, header| {
            case.get(ROLE).with(HEADER, *header).refuses(401, "x-rh-identity can't be decoded")
        });
    vec![
        case("The header `x-rh-identity` is base64 of JSON, and says who asks.")
            .get(ROLE)
            .with(HEADER, archivist())
            .get(link())
            .with(HEADER, archivist()),
        case("Without the header it is a 401 `Missing Identity Header`.")
            .get(ROLE)
            .refuses(401, "Missing Identity Header")
            .get(link())
            .refuses(401, "Missing Identity Header"),
        undecodable,
        case("A header that is sent twice, that has more than 16 KiB, or that names two organisations or a NUL is a 400.")
            .get(ROLE)
            .with(HEADER, archivist())
            .with(HEADER, archivist())
            .refuses(400, "x-rh-identity was sent more than once")
            .get(link())
            .with(HEADER, "a".repeat(16 * 1024 + 1))
            .refuses(400, "x-rh-identity is longer than 16384 bytes")
            .get(ROLE)
            .with(HEADER, identity(json!({"type": "User", "org_id": "1", "internal": {"org_id": "2"}})))
            .refuses(400, "x-rh-identity names two organisations")
            .get(ROLE)
            .with(HEADER, identity(json!({"type": "User", "org_id": "1\0"})))
            .refuses(400, "x-rh-identity names somebody that there can't be"),
        refused(
            case("Who doesn't hold the role gets a 403 `You do not have the required permissions to access this resource`."),
            associate("another"),
        )
        .get(ROLE)
        .with(HEADER, identity(json!({"type": "Associate"})))
        .refuses(403, FORBIDDEN),
        alone,
        case("`/roles/archiveLink` is `{\"allowed\": true}` for who holds the role.")
            .get(ROLE)
            .with(HEADER, archivist())
            .is(allowed),
        case("`archiveLink` asks for the role first, and looks at the id then.")
            .get("/payloads/nope/archiveLink")
            .status(401)
            .get("/payloads/nope/archiveLink")
            .with(HEADER, associate("another"))
            .status(403)
            .get("/payloads/nope/archiveLink")
            .with(HEADER, archivist())
            .refuses(400, "nope is not a valid UUID"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn roles() {
    Served::start(&[("REQUESTOR_IMPL", "mock")]).await.hold(cases()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_role_has_the_name_that_it_is_given() {
    let served = Served::start(&[("STORAGEBROKERURLROLE", "librarian")]).await;
    let cases = case("The role is held by an `Associate` alone, and its name is `STORAGEBROKERURLROLE`.")
        .get(ROLE)
        .with(HEADER, associate("librarian"))
        .get(ROLE)
        .with(HEADER, archivist())
        .refuses(403, FORBIDDEN);
    served.hold(vec![cases]).await;
}
