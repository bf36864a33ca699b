use super::*;

#[test]
#[cfg(target_os = "linux")]
fn what_is_measured_stands_in_the_cells() {
    let process = measure(Timestamp::EPOCH, Timestamp::EPOCH);
    assert_eq!(RESIDENT.get() as u64, process.resident_bytes.unwrap());
    let cpu = CPU.get();
    assert!(cpu <= (process.cpu_seconds.unwrap() * 1e6) as u64);
    measure(Timestamp::EPOCH, Timestamp::EPOCH);
    assert!(CPU.get() >= cpu, "it only grows");
}

#[test]
fn a_name_with_brackets() {
    let stat = "42 (a ) b) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 7 0 12345 1000 200 18446744073709551615";
    assert_eq!(parse_stat(stat), Some((3.0, 7)));
    assert_eq!(parse_stat("nonsense"), None);
    assert_eq!(kib_field("Name:\tx\nVmRSS:\t  20480 kB\n", "VmRSS:"), Some(20 << 20));
}

#[cfg(target_os = "linux")]
#[test]
fn this_process() {
    let process = read(Timestamp::from_seconds(100), Timestamp::from_seconds(160));
    assert_eq!(process.uptime_seconds, 60);
    assert!(process.resident_bytes.unwrap() > 100_000);
    assert!(process.threads.unwrap() >= 1 && process.open_files.unwrap() >= 3);
    let file = std::fs::File::open("/proc/self/stat").unwrap();
    assert!(process.cpu_seconds.is_some());
    drop(file);
}
