use super::*;

fn read(state: State, bytes: &[u8], step: usize) -> Result<(), TooLarge> {
    let mut frames = Frames::new(state, 100);
    bytes.chunks(step).try_for_each(|chunk| frames.read(chunk))
}

#[test]
fn only_what_is_kept_whole_is_limited() {
    let head = |length: u8| [&[0x01, 0x40, length][..], &vec![7; usize::from(length)]].concat();
    let data = [&[0x00, 0x80, 0, 0x10, 0][..], &[7; 4_096]].concat();
    let control = [0x00, 0x04, 0x00, 0x07, 0x01, 0x00];
    for (state, bytes, wanted) in [
        (State::Kind, head(100), Ok(())),
        (State::Kind, head(101), Err(TooLarge(101))),
        (State::Kind, [head(9), data.clone(), head(9)].concat(), Ok(())),
        (State::Kind, [head(9), data, head(101)].concat(), Err(TooLarge(101))),
        (State::Kind, vec![0x21, 0xc0, 0, 0, 1, 0, 0, 0, 0], Err(TooLarge(1 << 32))),
        (State::Stream, control.to_vec(), Ok(())),
        (State::Stream, [&control[..], &[0x04, 0x40, 101]].concat(), Err(TooLarge(101))),
        (State::Stream, [&[0x02][..], &[0xff; 300]].concat(), Ok(())),
    ] {
        for step in [1, 2, 3, 1_000, 10_000] {
            assert_eq!(read(state, &bytes, step), wanted, "{state:?} {step}");
        }
    }
}
