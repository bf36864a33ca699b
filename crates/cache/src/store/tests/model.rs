//! Any sequence of calls beside a map that forgets nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;

use super::super::{Front, Options, Store};

#[derive(Clone, Debug)]
enum Call {
    Get(u8),
    /// By the front.
    Look(u8),
    Insert(u8, u64),
    Remove(u8),
    /// When it is the number of the last insert of this key.
    RemoveLast(u8, bool),
    RemoveWhere(u8),
    Clear,
}

fn calls() -> impl Strategy<Value = Call> {
    let key = || 0u8..40;
    prop_oneof![
        12 => key().prop_map(Call::Get),
        12 => key().prop_map(Call::Look),
        16 => (key(), 0u64..60).prop_map(|(key, weight)| Call::Insert(key, weight)),
        3 => key().prop_map(Call::Remove),
        3 => (key(), any::<bool>()).prop_map(|(key, last)| Call::RemoveLast(key, last)),
        1 => (2u8..9).prop_map(Call::RemoveWhere),
        1 => Just(Call::Clear),
    ]
}

/// A number of its own and a weight.
type Value = (u64, u64);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_store_forgets_but_never_errs(
        capacity in 1u64..300,
        shards in prop::sample::select(vec![1usize, 2, 4]),
        seed in any::<u64>(),
        calls in prop::collection::vec(calls(), 1..300),
    ) {
        let evicted = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&evicted);
        let options = Options { capacity, entries: capacity as usize / 10 + 1, least: 1, shards: Some(shards), seed };
        let store = Store::new(&options, |value: &Value| value.1, move |value| told.lock().unwrap().push(value.0));
        let mut front = Front::new(8, 200);
        // What was put in last and not taken out; what had to leave is struck out as it is told.
        let mut model: HashMap<u8, Value> = HashMap::new();
        let name = |key: u8| format!("key-{key}");
        for (number, call) in (1u64..).zip(calls) {
            match call {
                Call::Get(key) => prop_assert_eq!(store.get(key.into(), &name(key)), model.get(&key).copied()),
                Call::Look(key) => {
                    let seen = front.with(&store, key.into(), &name(key), |value| *value);
                    // A front may know what was evicted, and nothing else that the model does not.
                    let known = model.get(&key).copied();
                    let is_evicted = seen.is_some_and(|seen| evicted.lock().unwrap().contains(&seen.0));
                    prop_assert!(seen == known || (known.is_none() && is_evicted));
                }
                Call::Insert(key, weight) => {
                    store.insert(key.into(), &name(key), (number, weight));
                    model.insert(key, (number, weight));
                }
                Call::Remove(key) => prop_assert_eq!(store.remove(key.into(), &name(key)), model.remove(&key)),
                Call::RemoveLast(key, last) => {
                    let meant = model.get(&key).map(|value| value.0).filter(|_| last).unwrap_or(u64::MAX);
                    let removed = store.remove_if(key.into(), &name(key), |value| value.0 == meant);
                    prop_assert_eq!(removed, if last { model.remove(&key) } else { None });
                }
                Call::RemoveWhere(by) => {
                    let count = store.remove_where(|space, _, _| space % u32::from(by) == 0);
                    let before = model.len();
                    model.retain(|key, _| key % by != 0);
                    prop_assert_eq!(count, before - model.len());
                }
                Call::Clear => {
                    store.clear();
                    model.clear();
                }
            }
            let gone = evicted.lock().unwrap();
            model.retain(|_, value| !gone.contains(&value.0));
            prop_assert_eq!(store.len(), model.len());
            prop_assert_eq!(store.weight(), model.values().map(|value| value.1.max(1)).sum::<u64>());
            prop_assert!(store.weight() <= capacity.max(1));
        }
    }
}
