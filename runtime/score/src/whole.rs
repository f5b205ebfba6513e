//! `8080.0` and `8e3` are whole numbers to the schema. They become integers, because those who read a workload
//! have no other type for a port.

use serde_json::Number;

use crate::tree::{Node, Value};

/// Beyond this a float does not hold every whole number.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Makes integers of the whole numbers that stand where the schema says `integer`.
pub(crate) fn settle(root: &mut Node) {
    if let Some(service) = root.get_mut("service") {
        for (_, port) in service.entries_mut("ports") {
            for field in ["port", "targetPort"] {
                port.node.get_mut(field).into_iter().for_each(integer);
            }
        }
    }
    for (_, container) in root.entries_mut("containers") {
        for probe in ["livenessProbe", "readinessProbe"] {
            let http = container.node.get_mut(probe).and_then(|probe| probe.get_mut("httpGet"));
            http.and_then(|http| http.get_mut("port")).into_iter().for_each(integer);
        }
    }
}

fn integer(node: &mut Node) {
    let Value::Number(number) = &mut node.value else { return };
    let Some(float) = number.as_f64().filter(|_| number.is_f64()) else { return };
    if float.fract() == 0.0 && float.abs() <= EXACT {
        // It is whole and in range, so nothing is cut off.
        *number = Number::from(float as i64);
    }
}
