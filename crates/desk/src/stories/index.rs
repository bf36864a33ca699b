//! What the clustering holds in memory: the stories of the window as centroids, and the marks by which
//! copies are found. It is only ever a shadow of the database: rebuilt from it in doubt.

use std::collections::HashMap;
use std::time::Duration;

use stdx::Timestamp;
use store::params;
use text::similar::{Signature, shingles};
use text::vector::{Model, Terms, Vector, cosine};

use super::{RECENT, THEIR_ITEMS};
use crate::items::Standing;
use crate::{Desk, Error, ItemId, PipelineId, StoryId};

/// Cosine to a story's centroid from which an item belongs to it. Measured on 318 items about 168 events of
/// the demo's newsroom: 98 % of the pairs about one event reach 0.58, of 5,049 pairs about two events 21
/// reach 0.37 (one plot in two towns, or two plots in one town).
const THRESHOLD: f32 = 0.42;
/// Documents without words that every model starts with: with two or three real ones each shared word
/// would count as common.
const BACKGROUND: usize = 200;
const LEAD_BYTES: usize = 400;
const CENTROID_TERMS: usize = 120;
/// The heaviest terms of a story, by which it is found.
const POSTED_TERMS: usize = 40;
const ASKED_TERMS: usize = 25;
const SUSPECTS: usize = 8;
/// The index starts over when it is this old or large: nothing is ever taken out of it.
const AGE_MAX: Duration = Duration::from_secs(6 * 3_600);
const ITEMS_MAX: usize = 20_000;
const STORIES_MAX: i64 = 10_000;
/// Texts below this many bytes are compared together with their title: short ones are often the same
/// line ("Comments", "Read more") under different headlines.
const SHORT_BYTES: usize = 300;

/// An item that waits for its story.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub id: ItemId,
    pub pipeline: PipelineId,
    pub language: String,
    pub title: String,
    /// The first 4,000 characters.
    pub text: String,
    pub published_at: Timestamp,
    pub standing: Standing,
    pub copy_of: Option<ItemId>,
}

/// The stories of the window, as the process that assigns knows them.
#[derive(Default)]
pub struct Index {
    /// Everything published since then has been loaded; `None` before the first use.
    since: Option<Timestamp>,
    loaded_at: Timestamp,
    items: usize,
    shelves: HashMap<(PipelineId, String), Shelf>,
    /// Stories that gained items while their draft was being made: to be drafted again.
    pub(super) late: Vec<StoryId>,
}

/// The stories of one pipeline in one language.
struct Shelf {
    model: Model,
    clusters: HashMap<StoryId, Cluster>,
    /// Term to the stories in which it weighs most.
    postings: HashMap<u32, Vec<StoryId>>,
    /// Band of a signature to the earliest item with it.
    bands: HashMap<u64, ItemId>,
    homes: HashMap<ItemId, StoryId>,
}

struct Cluster {
    centroid: Vector,
    members: u32,
    first_at: Timestamp,
    last_at: Timestamp,
}

impl Default for Shelf {
    fn default() -> Self {
        let mut model = Model::default();
        (0..BACKGROUND).for_each(|_| model.add(&Terms::default()));
        Shelf {
            model,
            clusters: HashMap::new(),
            postings: HashMap::new(),
            bands: HashMap::new(),
            homes: HashMap::new(),
        }
    }
}

impl Index {
    /// Sees to it that the stories which the batch may belong to are here.
    pub(super) async fn cover(&mut self, desk: &Desk, batch: &[Candidate]) -> Result<(), Error> {
        let now = desk.now();
        let earliest = batch.iter().map(|item| item.published_at).min().unwrap_or(now).min(now);
        let needed = earliest - window(desk);
        let fresh = now.since(self.loaded_at) < AGE_MAX && self.items < ITEMS_MAX;
        if fresh && self.since.is_some_and(|since| since <= needed) {
            return Ok(());
        }
        let late = std::mem::take(&mut self.late);
        *self = Index { since: Some(needed), loaded_at: now, late, ..Index::default() };
        let mut conn = desk.store.read_fresh();
        let rows = conn.all(&RECENT, params![needed, STORIES_MAX]).await?;
        let mut stories: Vec<(StoryId, PipelineId, String)> = Vec::with_capacity(rows.len());
        for row in rows {
            stories.push((StoryId(row.get(0)?), PipelineId(row.get(1)?), row.get(2)?));
        }
        for some in stories.chunks(100) {
            let ids: Vec<i64> = some.iter().map(|(id, ..)| id.to_i64()).collect();
            let rows = conn.all(&THEIR_ITEMS, params![store::list(&ids), ITEMS_MAX as i64]).await?;
            for row in rows {
                let (id, story) = (ItemId(row.get(0)?), StoryId(row.get(1)?));
                let Some((_, pipeline, language)) = some.iter().find(|(known, ..)| *known == story) else { continue };
                let (title, text): (String, String) = (row.get(2)?, row.get(3)?);
                let Ok(standing) = row.get::<String>(5)?.parse::<Standing>();
                let terms = Terms::of(&told(&title, &text));
                let shelf = self.shelves.entry((*pipeline, language.clone())).or_default();
                shelf.model.add(&terms);
                shelf.join(story, id, standing, &terms, &shingles(&compared(&title, &text)), row.get(4)?);
                self.items += 1;
            }
            if self.items >= ITEMS_MAX / 2 {
                break;
            }
        }
        Ok(())
    }

    /// Counts the words of a batch before its items are placed, so that what they share is not taken for rare.
    pub(super) fn announce(&mut self, item: &Candidate) -> Terms {
        let terms = Terms::of(&told(&item.title, &item.text));
        self.shelf(item).model.add(&terms);
        terms
    }

    fn shelf(&mut self, item: &Candidate) -> &mut Shelf {
        self.shelves.entry((item.pipeline, item.language.clone())).or_default()
    }

    /// Earlier items whose text may hold the item's, the likeliest first.
    pub(super) fn suspects(&mut self, item: &Candidate, shingles: &[u64], window: Duration) -> Vec<ItemId> {
        let Some(signature) = Signature::of(shingles) else { return Vec::new() };
        let shelf = self.shelf(item);
        let mut votes: HashMap<ItemId, u32> = HashMap::new();
        for known in signature.bands().iter().filter_map(|band| shelf.bands.get(band)) {
            *votes.entry(*known).or_default() += 1;
        }
        let in_time = |id: &ItemId| {
            let home = shelf.homes.get(id).and_then(|story| shelf.clusters.get(story));
            home.is_some_and(|cluster| cluster.is_near(item.published_at, window))
        };
        let mut suspects: Vec<(ItemId, u32)> = votes.into_iter().filter(|(id, _)| in_time(id)).collect();
        suspects.sort_unstable_by_key(|(id, votes)| (std::cmp::Reverse(*votes), *id));
        suspects.into_iter().take(SUSPECTS).map(|(id, _)| id).collect()
    }

    /// The story of an item that is here.
    pub(super) fn home(&mut self, item: &Candidate, of: ItemId) -> Option<StoryId> {
        self.shelf(item).homes.get(&of).copied()
    }

    /// The story that the item is nearest to, if it is near enough.
    pub(super) fn nearest(&mut self, item: &Candidate, terms: &Terms, window: Duration) -> Option<StoryId> {
        let shelf = self.shelf(item);
        let vector = shelf.model.vector(terms);
        let mut asked = vector.terms().to_vec();
        asked.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let mut candidates: Vec<StoryId> = asked
            .iter()
            .take(ASKED_TERMS)
            .filter_map(|(hash, _)| shelf.postings.get(hash))
            .flatten()
            .copied()
            .collect();
        candidates.sort_unstable();
        candidates.dedup();
        let scored = candidates.into_iter().filter_map(|id| {
            let cluster = shelf.clusters.get(&id)?;
            let score = cosine(&vector, &cluster.centroid);
            (score >= THRESHOLD && cluster.is_near(item.published_at, window)).then_some((score, id))
        });
        // Of equals the earlier story, so that the order of a map never decides.
        scored.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1))).map(|(_, id)| id)
    }

    /// Takes the item in as a member of `story`.
    pub(super) fn join(
        &mut self,
        story: StoryId,
        item: &Candidate,
        standing: Standing,
        terms: &Terms,
        shingles: &[u64],
    ) {
        let (id, at) = (item.id, item.published_at);
        self.shelf(item).join(story, id, standing, terms, shingles, at);
        self.items += 1;
    }
}

impl Shelf {
    fn join(&mut self, story: StoryId, id: ItemId, standing: Standing, terms: &Terms, shingles: &[u64], at: Timestamp) {
        self.homes.insert(id, story);
        let cluster = self.clusters.entry(story).or_insert_with(|| Cluster {
            centroid: Vector::default(),
            members: 0,
            first_at: at,
            last_at: at,
        });
        cluster.first_at = cluster.first_at.min(at);
        cluster.last_at = cluster.last_at.max(at);
        if standing == Standing::Copy {
            // It says nothing of its own, and its original is found in its place.
            return;
        }
        cluster.members += 1;
        let vector = self.model.vector(terms);
        cluster.centroid = cluster.centroid.blend(&vector, 1.0 / cluster.members as f32).truncated(CENTROID_TERMS);
        let mut posted = cluster.centroid.terms().to_vec();
        posted.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        for (hash, _) in posted.into_iter().take(POSTED_TERMS) {
            let stories = self.postings.entry(hash).or_default();
            if !stories.contains(&story) {
                stories.push(story);
            }
        }
        for band in Signature::of(shingles).iter().flat_map(Signature::bands) {
            self.bands.entry(band).or_insert(id);
        }
    }
}

impl Cluster {
    fn is_near(&self, at: Timestamp, window: Duration) -> bool {
        at + window >= self.first_at && at <= self.last_at + window
    }
}

pub(super) fn window(desk: &Desk) -> Duration {
    Duration::from_secs(u64::from(desk.settings.story_window_h) * 3_600)
}

/// What the vector of an item is made from: its headline and its beginning. What comes later is often
/// background that two stories from one town share word by word.
fn told(title: &str, text: &str) -> String {
    format!("{title}.\n\n{}", &text[..text.floor_char_boundary(LEAD_BYTES)])
}

/// What of an item is compared with others to find copies.
pub(super) fn compared(title: &str, text: &str) -> String {
    if text.len() < SHORT_BYTES { format!("{title}. {text}") } else { text.to_owned() }
}
