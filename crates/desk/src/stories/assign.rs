//! Giving each new item its story.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use queue::{Context, Enqueue, Enqueued, Fault, JobId};
use serde_json::{Value as Json, json};
use store::{Tx, params};

use super::index::{Candidate, GENERATION, Index, Placed};
use super::{ADD, ASSIGN, HOME, REPEATS, TURN, WAITING};
use crate::items::Standing;
use crate::jobs::{AssignStories, DraftStory};
use crate::{Desk, Error, ItemId, PipelineId, StoryId, people};

const BATCH: i64 = 200;
/// Pause before a story is tried again whose draft is being made.
const LATE_PAUSE: Duration = Duration::from_millis(500);

/// Longest run on end.
const TURN_MAX: Duration = Duration::from_secs(30);

/// Groups all items that have no story yet. Running it again finds nothing to do.
pub async fn assign(desk: Desk, ctx: Context, _: AssignStories) -> Result<Option<Json>, Fault> {
    let mut held = desk.stories.lock().await;
    // Taken out until the commit: whatever ends us in between leaves an empty index, which is rebuilt.
    let mut index = std::mem::take(&mut *held);
    let (mut items, mut stories) = (0usize, 0usize);
    let started = Instant::now();
    loop {
        let batch = waiting(&desk).await?;
        if batch.is_empty() {
            break;
        }
        index.cover(&desk, &batch).await?;
        let plan = plan(&desk, &mut index, batch).await?;
        items += plan.moves.len();
        stories += plan.stories.values().filter(|story| story.is_new).count();
        let under_way = commit(&desk, plan, &mut index).await?;
        for (story, job) in under_way {
            if !is_waiting(&desk, job).await? {
                index.late.push(story);
            }
        }
        ctx.progress(items as u64, items as u64);
        if started.elapsed() > TURN_MAX {
            // Well before the job's deadline; the rest in another turn.
            *held = index;
            return Err(Fault::Snooze(Duration::ZERO));
        }
    }
    catch_up(&desk, &mut index).await?;
    let late = !index.late.is_empty();
    *held = index;
    if late {
        return Err(Fault::Snooze(LATE_PAUSE));
    }
    Ok(Some(json!({ "items": items, "stories": stories })))
}

/// A batch of items without a story: news, then copies, each earliest first.
async fn waiting(desk: &Desk) -> Result<Vec<Candidate>, Error> {
    let rows = desk.store.read_fresh().all(&WAITING, params![BATCH]).await?;
    let mut batch = Vec::with_capacity(rows.len());
    for row in rows {
        let Ok(standing) = row.get::<String>(6)?.parse();
        batch.push(Candidate {
            id: ItemId(row.get(0)?),
            pipeline: PipelineId(row.get(1)?),
            language: row.get(2)?,
            title: row.get(3)?,
            text: row.get(4)?,
            published_at: row.get(5)?,
            standing,
            copy_of: row.get::<Option<stdx::Id>>(7)?.map(ItemId),
        });
    }
    // Copies last: their originals have a story by then.
    batch.sort_by_key(|item| (item.standing == Standing::Copy, item.published_at, item.id));
    Ok(batch)
}

/// What a batch changes.
#[derive(Clone, Debug, Default)]
struct Plan {
    moves: Vec<Move>,
    /// Known items, and the earlier one that each turns out to be a copy of.
    repeats: Vec<(ItemId, ItemId)>,
    stories: BTreeMap<StoryId, Touched>,
}

#[derive(Clone, Debug)]
struct Move {
    item: ItemId,
    story: StoryId,
    standing: Standing,
    copy_of: Option<ItemId>,
    /// What it shares with the story, as JSON; `None` for the first.
    because: Option<String>,
}

#[derive(Clone, Debug)]
struct Touched {
    is_new: bool,
    /// It has gained more than copies.
    has_news: bool,
    first: Candidate,
}

async fn plan(desk: &Desk, index: &mut Index, batch: Vec<Candidate>) -> Result<Plan, Error> {
    let window = Duration::from_secs(u64::from(desk.settings.story_window_h) * 3_600);
    let mut plan = Plan::default();
    for item in &batch {
        let by_url = match item.copy_of {
            Some(original) => home(desk, index, item, original).await?,
            None => None,
        };
        let new = StoryId(desk.next_id());
        let placed = match by_url {
            Some(story) => {
                index.put(item, story, window);
                Placed { story: Some(story), copy_of: item.copy_of, ..Placed::default() }
            }
            // A copy whose original has no story tells it itself.
            None => index.place(item, new, window),
        };
        let (is_new, story) = (placed.story.is_none(), placed.story.unwrap_or(new));
        let standing = if placed.copy_of.is_some() { Standing::Copy } else { Standing::News };
        let touched =
            plan.stories.entry(story).or_insert_with(|| Touched { is_new, has_news: is_new, first: item.clone() });
        touched.has_news |= standing == Standing::News;
        plan.repeats.extend(placed.copies.iter().map(|copy| (*copy, item.id)));
        let because = (!is_new).then(|| json!(placed.shared).to_string());
        plan.moves.push(Move { item: item.id, story, standing, copy_of: placed.copy_of, because });
    }
    Ok(plan)
}

/// The story of a copy's original, however old.
async fn home(desk: &Desk, index: &mut Index, item: &Candidate, original: ItemId) -> Result<Option<StoryId>, Error> {
    if let Some(story) = index.home(item, original) {
        return Ok(Some(story));
    }
    let row = desk.store.read_fresh().opt(&HOME, params![original.to_i64()]).await?;
    Ok(row.map(|row| row.get::<stdx::Id>(0)).transpose()?.map(StoryId))
}

/// Writes the plan. Gives the stories whose draft was enqueued before, with that job.
async fn commit(desk: &Desk, plan: Plan, index: &mut Index) -> Result<Vec<(StoryId, JobId)>, Error> {
    let (d, known, next) = (desk.clone(), index.generation.clone(), desk.next_id().to_string());
    let generation = next.clone();
    let under_way = desk
        .store
        .write(move |tx| {
            Box::pin(async move {
                if !turn(tx, known.as_deref(), &next).await? {
                    return Ok(None);
                }
                write(&d, tx, &plan).await.map(Some)
            })
        })
        .await?;
    index.generation = Some(generation);
    // Somebody else has moved items since the index was loaded: nothing of this plan holds.
    under_way.ok_or(Error::Store(store::Error::Conflict))
}

/// Takes the next turn at moving items; `false` when the last one was not the `known` one.
async fn turn(tx: &mut Tx, known: Option<&str>, next: &str) -> Result<bool, store::Error> {
    let turned = match known {
        Some(known) => tx.exec(&TURN, params![GENERATION, next, known]).await?,
        None => tx.exec(&people::SETTING_ONCE, params![GENERATION, next]).await?,
    };
    Ok(turned == 1)
}

async fn write(desk: &Desk, tx: &mut Tx, plan: &Plan) -> Result<Vec<(StoryId, JobId)>, Error> {
    let rows = plan.stories.iter().filter(|(_, story)| story.is_new).map(|(id, story)| {
        let first = &story.first;
        params![id.to_i64(), first.title, first.pipeline.to_i64(), first.language, first.published_at]
    });
    tx.batch(&ADD, rows.collect()).await?;
    let moves = plan.moves.iter();
    let moves = moves.map(|m| {
        params![m.item.to_i64(), m.story.to_i64(), m.standing.name(), m.copy_of.map(ItemId::to_i64), m.because]
    });
    if tx.batch(&ASSIGN, moves.collect()).await? != plan.moves.len() as u64 {
        // Somebody else has assigned some of them: nothing of this plan holds.
        return Err(store::Error::Conflict.into());
    }
    let repeats = plan.repeats.iter().map(|(copy, original)| params![copy.to_i64(), original.to_i64()]);
    tx.batch(&REPEATS, repeats.collect()).await?;
    super::recount(tx, &plan.stories.keys().copied().collect::<Vec<_>>()).await?;
    let due = Enqueue::at(desk.now() + Duration::from_millis(desk.settings.draft_delay_ms));
    let mut under_way = Vec::new();
    for id in plan.stories.iter().filter(|(_, story)| story.has_news).map(|(id, _)| *id) {
        if let Enqueued::Duplicate(job) = desk.queue.enqueue(tx, &DraftStory { story: id }, due).await? {
            under_way.push((id, job));
        }
    }
    Ok(under_way)
}

/// Whether the job will start later, and so see what has been committed by now.
async fn is_waiting(desk: &Desk, job: JobId) -> Result<bool, Error> {
    let state = desk.queue.get(job).await?.map(|job| job.state);
    Ok(matches!(state, Some(queue::State::Available | queue::State::Scheduled | queue::State::Retryable)))
}

/// Enqueues again the drafts that were under way when their story grew, as far as they have ended.
async fn catch_up(desk: &Desk, index: &mut Index) -> Result<(), Error> {
    for story in std::mem::take(&mut index.late) {
        if let Enqueued::Duplicate(job) = desk.queue.enqueue_now(&DraftStory { story }, Enqueue::default()).await?
            && !is_waiting(desk, job).await?
        {
            index.late.push(story);
        }
    }
    Ok(())
}
