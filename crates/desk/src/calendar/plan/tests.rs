use serde_json::json;

use super::*;

fn faults(settings: serde_json::Value) -> Vec<String> {
    let settings: Settings = serde_json::from_value(settings).unwrap();
    settings.plan().err().unwrap_or_default().into_iter().map(|fault| fault.pointer).collect()
}

#[test]
fn all_that_is_wrong_is_pointed_at() {
    let everything = json!({
        "zone": "Mars/Olympus",
        "channels": { "a/b": {
            "slots": [{ "days": [], "time": "9:00" }, { "days": ["mon"], "time": "24:00" }, { "days": ["mon"], "time": "+9:00" }],
            "spacing_min": 100_000,
        } },
        "blackouts": [
            { "name": " ", "days": ["mon"], "from": "22:00", "to": "6" },
            { "name": "x", "from": "2026-12-24T00:00", "to": "2026-12-24T00:00" },
            { "name": "x", "from": "22:00", "to": "2026-02-30T00:00" },
            { "name": "x", "from": "2026-01-01T00:00", "to": "2028-01-01T00:00" },
            { "name": "x", "days": [], "from": "22:00", "to": "23:00" },
        ],
    });
    let expected = [
        "/zone",
        "/channels/a~1b/spacing_min",
        "/channels/a~1b/slots/0/days",
        "/channels/a~1b/slots/0/time",
        "/channels/a~1b/slots/1/time",
        "/channels/a~1b/slots/2/time",
        "/blackouts/0/name",
        "/blackouts/0/to",
        "/blackouts/1/to",
        "/blackouts/2/from",
        "/blackouts/2/to",
        "/blackouts/3/to",
        "/blackouts/4/days",
    ];
    assert_eq!(faults(everything), expected);
    let days = json!(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]);
    let whole_week = json!([{ "name": "x", "days": days, "from": "12:00", "to": "12:00" }]);
    assert_eq!(faults(json!({ "zone": "UTC", "blackouts": whole_week })), ["/blackouts"]);
    let slots: Vec<_> = (0..201).map(|_| json!({ "days": ["mon"], "time": "09:00" })).collect();
    assert_eq!(faults(json!({ "zone": "UTC", "channels": { "site": { "slots": slots } } })), ["/channels"]);
    assert!(serde_json::from_value::<Settings>(json!({ "zone": "UTC", "blackout": [] })).is_err(), "a slip of the pen");
}

#[test]
fn settings_are_read_as_they_are_written() {
    let text = json!({
        "zone": "Europe/Berlin",
        "channels": { "site": { "slots": [{ "days": ["mon", "sun"], "time": "09:05" }], "spacing_min": 30 } },
        "blackouts": [
            { "name": "Night", "days": ["fri"], "from": "22:00", "to": "06:00" },
            { "name": "Feast", "from": "2026-12-24T00:00", "to": "2026-12-26T23:59" },
        ],
    });
    let settings: Settings = serde_json::from_value(text.clone()).unwrap();
    assert_eq!(serde_json::to_value(&settings).unwrap(), text);
    let plan = settings.plan().unwrap();
    assert_eq!((plan.zone.name(), plan.channels.len(), plan.blackouts.len()), ("Europe/Berlin", 1, 2));
    let eve = plan.blackout_at("2026-12-24T11:00:00Z".parse().unwrap()).unwrap();
    assert_eq!((eve.name.as_str(), eve.to.to_string().as_str()), ("Feast", "2026-12-26T22:59:00Z"));
}
