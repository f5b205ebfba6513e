//! Words for tests of databases.

use innominatus_guest::{Json, State, Status, Target};

use super::{Cloud, Instance, component, provision, remembering, target};

/// Whatever is asked for takes so many looks.
pub(crate) fn slow(looks: u32) -> Cloud {
    let cloud = Cloud::default();
    cloud.0.borrow_mut().slowness = looks;
    cloud
}

/// The only database.
pub(crate) fn only(cloud: &Cloud) -> Instance {
    let account = cloud.0.borrow();
    assert_eq!(account.instances.len(), 1);
    account.instances.values().next().unwrap().clone()
}

/// What somebody else does to every database.
pub(crate) fn change(cloud: &Cloud, tamper: impl Fn(&mut Instance)) {
    cloud.0.borrow_mut().instances.values_mut().for_each(tamper);
}

/// How it is; only looking.
pub(crate) fn status(cloud: &Cloud, target: &Target<Json>) -> Status {
    let host = cloud.host();
    let status = component(|component| component.get_status(host.host(), target.clone())).unwrap();
    assert_eq!(cloud.0.borrow().writes(), [""; 0], "a status only looks");
    status
}

/// One that is made, as the host remembers it.
pub(crate) fn made(cloud: &Cloud, params: Json) -> (Target<Json>, State) {
    let target = target("postgres", params);
    let state = provision(cloud, &target).unwrap();
    cloud.writes();
    (remembering(&target, Some(state.clone())), state)
}
