//! Random commands on the real queue and on a reference in memory, which must agree after each of them.
//!
//! A schedule is a list of plain commands from a seed. Whatever a command names (a job, a lease) it names by
//! a number that is taken modulo what there is, so that a schedule stays one when commands are taken out of
//! it: a failing one is cut down before it is shown.

mod reference;
pub mod tables;
mod world;

use stdx::Rng;
use store::testing::Place;

use world::World;

/// What happens in one step.
#[derive(Clone, Debug)]
pub enum Command {
    /// One job, committed together with whoever else adds one.
    Add {
        node: u64,
        spec: Spec,
    },
    /// Jobs of one kind in one transaction; `lost`: which is rolled back.
    AddMany {
        node: u64,
        specs: Vec<Spec>,
        lost: bool,
    },
    /// The first one waits for the next two, and so on as in a heap.
    AddFlow {
        node: u64,
        specs: Vec<Spec>,
    },
    /// `lost`: the answer of the database does not arrive.
    Claim {
        node: u64,
        workers: u64,
        sweep: bool,
        lost: bool,
    },
    /// Ends members of some leases; `twice`: the answer is lost and the same is written again.
    Ack {
        node: u64,
        leases: u64,
        members: u64,
        ends: u64,
        twice: bool,
    },
    Cancel {
        node: u64,
        job: u64,
    },
    Retry {
        node: u64,
        job: u64,
    },
    Purge {
        node: u64,
        job: u64,
    },
    CancelAll {
        node: u64,
        kind: u64,
    },
    RetryAll {
        node: u64,
        kind: u64,
    },
    PurgeAll {
        node: u64,
        kind: u64,
    },
    /// Everybody says that he lives, but for one.
    Advance {
        ms: u64,
        silent: u64,
    },
    Rescue {
        node: u64,
    },
    /// A process ends; `politely`: it says so.
    Die {
        node: u64,
        politely: bool,
    },
    Join,
    Configure {
        node: u64,
        queue: u64,
        what: u64,
    },
}

/// A job to be.
#[derive(Clone, Debug)]
pub struct Spec {
    pub kind: u64,
    pub key: Option<u64>,
    pub group: Option<u64>,
    pub priority: u64,
    pub delay_ms: u64,
    pub attempts_max: u32,
}

/// Commands of a schedule.
const STEPS: usize = 200;
/// Commands between two comparisons, as long as nothing is wrong: reading everything is the slow part.
const LOOK: usize = 5;
/// Runs that cutting a failing schedule down may take.
const CUTS: usize = 400;

fn schedule(seed: u64) -> Vec<Command> {
    let dice = Rng::seeded(seed);
    (0..STEPS).map(|_| command(&dice)).collect()
}

fn command(dice: &Rng) -> Command {
    let node = dice.below(3);
    let any = || dice.next_u64() >> 16;
    let one_in = |n| dice.below(n) == 0;
    match dice.below(100) {
        0..16 => Command::Add { node, spec: spec(dice) },
        16..26 => {
            let kind = dice.below(3);
            let specs = (0..1 + dice.below(24)).map(|_| Spec { kind, ..spec(dice) }).collect();
            Command::AddMany { node, specs, lost: one_in(8) }
        }
        26..32 => Command::AddFlow { node, specs: (0..1 + dice.below(6)).map(|_| spec(dice)).collect() },
        32..52 => Command::Claim { node, workers: 1 + dice.below(20), sweep: one_in(2), lost: one_in(12) },
        52..74 => {
            let members = if one_in(2) { u64::MAX } else { any() };
            Command::Ack { node, leases: any(), members, ends: any(), twice: one_in(5) }
        }
        74..78 => Command::Cancel { node, job: any() },
        78..81 => Command::Retry { node, job: any() },
        81..83 => Command::Purge { node, job: any() },
        83 => match dice.below(4) {
            0 => Command::CancelAll { node, kind: any() },
            1 => Command::PurgeAll { node, kind: any() },
            _ => Command::RetryAll { node, kind: any() },
        },
        84..90 => {
            let ms = dice.pick(&[1, 20, 500, 3_000, 16_000, 200_000]).copied().unwrap_or(1);
            Command::Advance { ms, silent: dice.below(9) }
        }
        90..94 => Command::Rescue { node },
        94..96 => Command::Die { node, politely: one_in(3) },
        96..98 => Command::Join,
        _ => Command::Configure { node, queue: dice.below(3), what: dice.below(6) },
    }
}

fn spec(dice: &Rng) -> Spec {
    let some = |of: u64, n| (dice.below(of) == 0).then(|| dice.below(n));
    Spec {
        kind: dice.below(3),
        key: some(3, 4),
        group: some(3, 3),
        priority: 1 + dice.below(4),
        delay_ms: dice.pick(&[0, 0, 0, 0, 10, 2_000, 20_000]).copied().unwrap_or(0),
        attempts_max: 1 + dice.below(3) as u32,
    }
}

/// Runs a schedule on a database of its own and compares all tables after each `every` commands. The error
/// tells the step and what was wrong.
async fn run(commands: &[Command], every: usize) -> Result<(), (usize, String)> {
    let place = Place::new().await;
    let mut world = World::open(&place).await.map_err(|error| (0, error))?;
    for (step, command) in commands.iter().enumerate() {
        world.step(command).await.map_err(|error| (step, error))?;
        if step % every == every - 1 {
            world.look().await.map_err(|error| (step, error))?;
        }
    }
    world.settle().await.map_err(|error| (commands.len(), format!("when it was to come to an end: {error}")))
}

/// Takes commands out of a failing schedule as long as it fails.
async fn cut_down(mut commands: Vec<Command>) -> Vec<Command> {
    let mut runs = 0;
    let mut size = commands.len() / 2;
    while size > 0 && runs < CUTS {
        let mut at = 0;
        while at < commands.len() && runs < CUTS {
            let mut fewer = commands.clone();
            fewer.drain(at..(at + size).min(commands.len()));
            runs += 1;
            match run(&fewer, 1).await {
                Err((step, _)) => {
                    fewer.truncate(step + 1);
                    commands = fewer;
                }
                Ok(()) => at += size,
            }
        }
        size /= 2;
    }
    commands
}

async fn try_seed(seed: u64) -> Result<(), String> {
    let mut commands = schedule(seed);
    let Err((step, error)) = run(&commands, LOOK).await else { return Ok(()) };
    commands.truncate(step + 1);
    let commands = cut_down(commands).await;
    let last = run(&commands, 1).await.err().map_or(error, |(_, error)| error);
    let lines: Vec<String> = commands.iter().map(|command| format!("  {command:?}")).collect();
    Err(format!("seed {seed} fails; the same with these {} commands:\n{}\n{last}", commands.len(), lines.join("\n")))
}

/// How many seeds are tried, and the first of them.
fn seeds(default: u64) -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let first = number("COPYDESK_MODEL_SEED").unwrap_or(1);
    first..first + number("COPYDESK_MODEL_SEEDS").unwrap_or(default)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_queue_does_what_its_model_does() {
    let on_postgres = std::env::var_os("COPYDESK_TEST_POSTGRES").is_some();
    let seeds = seeds(if on_postgres { 8 } else { 24 });
    // Half of them beside the other half.
    let halves = [0, 1].map(|half| {
        let seeds = seeds.clone();
        async move {
            for seed in seeds.filter(|seed| seed % 2 == half) {
                try_seed(seed).await?;
            }
            Ok::<(), String>(())
        }
    });
    let tasks: Vec<_> = halves.into_iter().map(spawned).collect();
    for task in tasks {
        if let Err(error) = task.await.unwrap() {
            panic!("{error}");
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the test waits for both of its tasks")]
fn spawned<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> tokio::task::JoinHandle<T> {
    tokio::spawn(work)
}
