//! Every statement of the queue.

store::sql! {
    KINDS = "queue.kinds", "SELECT code, name, durations FROM job_kind";
    // A code and its name come together: of two processes that enter them at once the second may meet either index
    // first, so no single one is named here.
    KIND_ADD = "queue.kind_add", "INSERT INTO job_kind (code, name) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    KIND_LOCK = "queue.kind_lock",
        sqlite "SELECT durations FROM job_kind WHERE code = $1",
        postgres "SELECT durations FROM job_kind WHERE code = $1 FOR UPDATE";
    KIND_LEARN = "queue.kind_learn", "UPDATE job_kind SET durations = $2 WHERE code = $1";
    QUEUES = "queue.queues", "SELECT code, name, weight, concurrency, rate, durability, paused FROM queue_conf ORDER BY code";
    QUEUE_ADD = "queue.queue_add", "INSERT INTO queue_conf (code, name) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    QUEUE_SET = "queue.queue_set",
        "UPDATE queue_conf SET weight = $2, concurrency = $3, rate = $4, durability = $5, paused = $6 WHERE code = $1";
    // $2 is now, $3 the time that a chunk stands for.
    RATE_TAKE = "queue.rate_take",
        "INSERT INTO queue_rate (queue, next_at) VALUES ($1, CAST($2 AS BIGINT) + CAST($3 AS BIGINT))
         ON CONFLICT (queue) DO UPDATE SET next_at = excluded.next_at WHERE queue_rate.next_at <= $2";
    RATE_NEXT = "queue.rate_next", "SELECT next_at FROM queue_rate WHERE queue = $1";

    UNIQUE_TAKE = "queue.unique_take", "INSERT INTO job_unique (hash, job_id) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING";
    UNIQUE_HOLDER = "queue.unique_holder", "SELECT job_id FROM job_unique WHERE hash = $1";
    UNIQUE_RELEASE = "queue.unique_release", "DELETE FROM job_unique WHERE hash = $1 AND job_id = $2";
    INSERT = "queue.insert",
        "INSERT INTO job (run_at, id, parent, queue, kind, priority, attempt, attempts_max, rescued, body, group_key, uniq, error)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

    // A few jobs and the counts they change, in one statement; many go by INSERT, which is a COPY then.
    INSERT_FEW = "queue.insert_few",
        sqlite "SELECT $1, $2",
        postgres "WITH d AS (INSERT INTO job_delta (queue, priority, kind, what, n)
         SELECT q, p, k, w, n FROM json_to_recordset($2::json) AS r(q integer, p smallint, k integer, w smallint, n bigint))
         INSERT INTO job (run_at, id, parent, queue, kind, priority, attempt, attempts_max, rescued, body, group_key, uniq, error)
         SELECT t, i, m, q, k, p, a, x, r, b, g, u, e FROM json_to_recordset($1::json) AS r(t bigint, i bigint, m bigint, q integer, k integer,
         p smallint, a smallint, x smallint, r smallint, b text, g text, u text, e text)";

    // $1 is a list of [queue, priority, how many, after this time, after this id], $2 is now. The list of places
    // keeps the planner from reading the whole table for the deletion.
    CLAIM = "queue.claim",
        sqlite "SELECT run_at, id, parent, queue, kind, priority, attempt, attempts_max, rescued, body, group_key, uniq, error
         FROM job WHERE queue = $1 AND priority = $2 AND run_at <= $3 ORDER BY run_at, id LIMIT $4",
        postgres "WITH pick AS (SELECT x.ctid FROM jsonb_to_recordset($1::text::jsonb) AS w(q integer, p smallint, k bigint, t bigint, i bigint)
         CROSS JOIN LATERAL (SELECT j.ctid FROM job j WHERE j.queue = w.q AND j.priority = w.p AND (j.run_at, j.id) > (w.t, w.i) AND j.run_at <= $2
         ORDER BY j.run_at, j.id LIMIT w.k FOR UPDATE SKIP LOCKED) x)
         DELETE FROM job WHERE ctid = ANY (ARRAY(SELECT ctid FROM pick))
         RETURNING run_at, id, parent, queue, kind, priority, attempt, attempts_max, rescued, body, group_key, uniq, error";
    // SQLite has one writer: what it has read from the head is what stands there.
    CLAIM_DROP = "queue.claim_drop", "DELETE FROM job WHERE queue = $1 AND priority = $2 AND (run_at, id) <= ($3, $4)";
    HEAD = "queue.head",
        "SELECT run_at FROM job WHERE queue = $1 AND priority = $2 AND (run_at, id) > ($3, $4) ORDER BY run_at, id LIMIT 1";
    // Between two pairs that are known, so that nobody reads past the remains of known ones.
    NEXT_PAIR = "queue.next_pair",
        "SELECT queue, priority, run_at FROM job WHERE (queue, priority) > ($1, $2) AND (queue, priority) < ($3, $4)
         ORDER BY queue, priority, run_at LIMIT 1";
    LEASE_ADD = "queue.lease_add",
        "INSERT INTO job_lease (lease_id, node, claimed_at, deadline, id_min, id_max, jobs) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    LEASE_ADD_COUNTED = "queue.lease_add_counted",
        sqlite "SELECT $1, $2, $3, $4, $5, $6, $7, $8",
        postgres "WITH d AS (INSERT INTO job_delta (queue, priority, kind, what, n)
         SELECT q, p, k, w, n FROM json_to_recordset($8::json) AS r(q integer, p smallint, k integer, w smallint, n bigint))
         INSERT INTO job_lease (lease_id, node, claimed_at, deadline, id_min, id_max, jobs) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    // Whole leases whose jobs are simply done: only what belongs to a lease that stood is written.
    LEASES_END = "queue.leases_end",
        sqlite "SELECT $1, $2, $3, $4",
        postgres "WITH gone AS (DELETE FROM job_lease WHERE lease_id {in:$1} RETURNING lease_id),
         d AS (INSERT INTO job_delta (queue, priority, kind, what, n) SELECT q, p, k, w, n
         FROM json_to_recordset($3::json) AS r(l bigint, q integer, p smallint, k integer, w smallint, n bigint) JOIN gone ON lease_id = l),
         h AS (INSERT INTO job_done (finished_at, id, started_at, queue, kind, priority, attempt, outcome) SELECT $4, i, s, q, k, p, a, o
         FROM json_to_recordset($2::json) AS r(l bigint, i bigint, s bigint, q integer, k integer, p smallint, a smallint, o smallint) JOIN gone ON lease_id = l)
         SELECT lease_id FROM gone";
    LEASES_DROP = "queue.leases_drop", "DELETE FROM job_lease WHERE lease_id {in:$1} RETURNING lease_id";
    ACK_ADD = "queue.ack_add",
        sqlite "INSERT INTO job_ack (lease_id, ack_id, ids) SELECT lease_id, $2, $3 FROM job_lease WHERE lease_id = $1 ON CONFLICT (lease_id, ack_id) DO NOTHING",
        // The lock makes a rescue that is dropping the lease wait, and then see this acknowledgement.
        postgres "INSERT INTO job_ack (lease_id, ack_id, ids) SELECT lease_id, $2, $3 FROM job_lease WHERE lease_id = $1 FOR KEY SHARE ON CONFLICT (lease_id, ack_id) DO NOTHING";
    ACKS_DROP = "queue.acks_drop", "DELETE FROM job_ack WHERE lease_id {in:$1}";
    ACKS = "queue.acks", "SELECT lease_id, ids FROM job_ack WHERE lease_id {in:$1}";
    DONE_ADD = "queue.done_add",
        "INSERT INTO job_done (finished_at, id, started_at, queue, kind, priority, attempt, outcome) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    RESULT_ADD = "queue.result_add", "INSERT INTO job_result (id, finished_at, result) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING";
    DEAD_ADD = "queue.dead_add",
        "INSERT INTO job_dead (id, queue, priority, kind, attempt, attempts_max, died_at, body, group_key, uniq, parent, reason)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (id) DO NOTHING";

    GROUP_ADD = "queue.group_add", "INSERT INTO job_group (group_key, running) VALUES ($1, 0) ON CONFLICT (group_key) DO NOTHING";
    GROUP_LOCK = "queue.group_lock",
        sqlite "SELECT running FROM job_group WHERE group_key = $1",
        postgres "SELECT running FROM job_group WHERE group_key = $1 FOR UPDATE";
    GROUP_SET = "queue.group_set", "UPDATE job_group SET running = $2 WHERE group_key = $1";
    GROUP_DROP = "queue.group_drop", "DELETE FROM job_group WHERE group_key = $1";
    PARK = "queue.park", "INSERT INTO job_parked (group_key, run_at, id, job) VALUES ($1, $2, $3, $4)";
    PARKED_FIRST = "queue.parked_first", "SELECT run_at, id, job FROM job_parked WHERE group_key = $1 ORDER BY run_at, id LIMIT $2";
    PARKED_GET = "queue.parked_get", "SELECT group_key, run_at, job FROM job_parked WHERE id = $1";
    PARKED_DROP = "queue.parked_drop", "DELETE FROM job_parked WHERE id = $1";
    PARKED_LIST = "queue.parked_list", "SELECT job FROM job_parked WHERE id < $1 ORDER BY id DESC LIMIT $2";

    BLOCK = "queue.block", "INSERT INTO job_blocked (id, pending, job) VALUES ($1, $2, $3)";
    UNBLOCK = "queue.unblock", "UPDATE job_blocked SET pending = pending - 1 WHERE id = $1 RETURNING pending, job";
    BLOCKED_GET = "queue.blocked_get", "SELECT pending, job FROM job_blocked WHERE id = $1";
    BLOCKED_DROP = "queue.blocked_drop", "DELETE FROM job_blocked WHERE id = $1 RETURNING job";
    BLOCKED_LIST = "queue.blocked_list", "SELECT pending, job FROM job_blocked WHERE id < $1 ORDER BY id DESC LIMIT $2";

    STAT_ADD = "queue.stat_add",
        sqlite "INSERT INTO job_stat (queue, priority, kind, what, n) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (queue, priority, kind, what) DO UPDATE SET n = n + excluded.n",
        postgres "INSERT INTO job_delta (queue, priority, kind, what, n) VALUES ($1, $2, $3, $4, $5)";
    STAT_SUM = "queue.stat_sum",
        "SELECT queue, priority, kind, what, sum(n) FROM (SELECT queue, priority, kind, what, n FROM job_stat UNION ALL
         SELECT queue, priority, kind, what, n FROM job_delta) AS s GROUP BY queue, priority, kind, what";
    STAT_FOLD = "queue.stat_fold",
        sqlite "DELETE FROM job_stat WHERE n = 0",
        postgres "WITH gone AS (DELETE FROM job_delta RETURNING queue, priority, kind, what, n)
         INSERT INTO job_stat (queue, priority, kind, what, n) SELECT queue, priority, kind, what, sum(n) FROM gone GROUP BY queue, priority, kind, what
         ON CONFLICT (queue, priority, kind, what) DO UPDATE SET n = job_stat.n + excluded.n";
    OLDEST = "queue.oldest", "SELECT run_at FROM job WHERE queue = $1 AND priority = $2 AND run_at <= $3 ORDER BY run_at, id LIMIT 1";

    NODES = "queue.nodes", "SELECT number, epoch, name, started_at, heartbeat_at, info FROM node ORDER BY number";
    NODE_TAKE = "queue.node_take",
        "INSERT INTO node (number, epoch, name, started_at, heartbeat_at, info) VALUES ($1, $2, $3, $4, $4, '{}')
         ON CONFLICT (number) DO UPDATE SET epoch = excluded.epoch, name = excluded.name, started_at = excluded.started_at, heartbeat_at = excluded.heartbeat_at, info = '{}'
         WHERE node.heartbeat_at < $5";
    NODE_REJOIN = "queue.node_rejoin",
        "INSERT INTO node (number, epoch, name, started_at, heartbeat_at, info) VALUES ($1, $2, $3, $4, $4, '{}') ON CONFLICT (number) DO NOTHING";
    NODE_BEAT = "queue.node_beat", "UPDATE node SET heartbeat_at = $3, info = $4 WHERE number = $1 AND epoch = $2";
    NODE_LEAVE = "queue.node_leave", "DELETE FROM node WHERE number = $1 AND epoch = $2";
    SERVER_TIME = "queue.server_time",
        sqlite "SELECT CAST(0 AS INTEGER)",
        postgres "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
    LEAD = "queue.lead",
        "INSERT INTO leader (role, holder, term, until) VALUES ($1, $2, 1, $4)
         ON CONFLICT (role) DO UPDATE SET until = excluded.until, term = CASE WHEN leader.holder = excluded.holder THEN leader.term ELSE leader.term + 1 END, holder = excluded.holder
         WHERE leader.holder = excluded.holder OR leader.until < $3";
    RESIGN = "queue.resign", "DELETE FROM leader WHERE holder = $1";
    LEASES_LOST = "queue.leases_lost",
        "SELECT lease_id, jobs FROM job_lease l WHERE NOT EXISTS (SELECT 1 FROM node n WHERE n.number = l.node AND n.epoch <= l.lease_id AND (n.heartbeat_at >= $1 OR n.number = $2)) ORDER BY lease_id LIMIT 100";
    LEASES_OWN = "queue.leases_own", "SELECT lease_id FROM job_lease WHERE node = $1 AND lease_id >= $2 AND claimed_at < $3 ORDER BY lease_id LIMIT 10000";
    LEASES_THESE = "queue.leases_these", "SELECT lease_id, jobs FROM job_lease WHERE lease_id {in:$1}";
    LEASES_OVERDUE = "queue.leases_overdue", "SELECT lease_id, jobs FROM job_lease WHERE deadline < $1 ORDER BY lease_id LIMIT 100";

    WAITING_GET = "queue.waiting_get",
        "SELECT run_at, id, parent, queue, kind, priority, attempt, attempts_max, rescued, body, group_key, uniq, error FROM job WHERE id = $1";
    WAITING_DROP = "queue.waiting_drop",
        "DELETE FROM job WHERE id = $1 RETURNING run_at, id, parent, queue, kind, priority, attempt, attempts_max, rescued, body, group_key, uniq, error";
    WAITING_LIST = "queue.waiting_list",
        "SELECT run_at, id, parent, queue, kind, priority, attempt, attempts_max, rescued, body, group_key, uniq, error FROM job
         WHERE id < $1 AND ($3 < 0 OR kind = $3) AND ($4 < 0 OR queue = $4) AND ($5 = 0 OR priority = $5)
         AND ($6 = 0 OR $6 = 1 AND attempt = 0 AND run_at <= $7 OR $6 = 2 AND attempt = 0 AND run_at > $7 OR $6 = 3 AND attempt > 0)
         ORDER BY id DESC LIMIT $2";
    LEASES = "queue.leases", "SELECT lease_id, claimed_at, jobs FROM job_lease WHERE id_min < $1 ORDER BY lease_id DESC LIMIT 1000";
    LEASES_WITH = "queue.leases_with", "SELECT lease_id, claimed_at, jobs FROM job_lease WHERE id_min <= $1 AND id_max >= $1";
    DONE_GET = "queue.done_get",
        "SELECT d.finished_at, d.id, d.started_at, d.queue, d.kind, d.priority, d.attempt, d.outcome, r.result
         FROM job_done d LEFT JOIN job_result r ON r.id = d.id WHERE d.id = $1 ORDER BY d.finished_at DESC LIMIT 1";
    DONE_LIST = "queue.done_list",
        "SELECT d.finished_at, d.id, d.started_at, d.queue, d.kind, d.priority, d.attempt, d.outcome, r.result
         FROM job_done d LEFT JOIN job_result r ON r.id = d.id
         WHERE d.finished_at >= $1 AND d.finished_at <= $2 AND (d.finished_at, d.id) < ($2, $3) AND ($5 < 0 OR d.kind = $5) AND ($6 < 0 OR d.queue = $6)
         AND ($7 = 0 OR d.priority = $7) AND ($8 = 0 OR d.outcome = $8) ORDER BY d.finished_at DESC, d.id DESC LIMIT $4";
    DEAD_GET = "queue.dead_get",
        "SELECT id, queue, priority, kind, attempt, attempts_max, died_at, body, reason, uniq, group_key, parent FROM job_dead WHERE id = $1";
    DEAD_LIST = "queue.dead_list",
        "SELECT id, queue, priority, kind, attempt, attempts_max, died_at, body, reason, uniq, group_key, parent FROM job_dead
         WHERE (died_at, id) < ($1, $2) AND ($4 < 0 OR kind = $4) AND ($5 < 0 OR queue = $5) AND ($6 = 0 OR priority = $6) ORDER BY died_at DESC, id DESC LIMIT $3";
    DEAD_DROP = "queue.dead_drop", "DELETE FROM job_dead WHERE id = $1";
    PRUNE_DONE = "queue.prune_done",
        sqlite "DELETE FROM job_done WHERE (finished_at, id) IN (SELECT finished_at, id FROM job_done WHERE finished_at < $1 ORDER BY finished_at, id LIMIT $2)",
        postgres "DELETE FROM job_done_rest WHERE ctid = ANY (ARRAY(SELECT ctid FROM job_done_rest WHERE finished_at < $1 LIMIT $2))";
    PRUNE_RESULT = "queue.prune_result",
        "DELETE FROM job_result WHERE id IN (SELECT id FROM job_result WHERE finished_at < $1 ORDER BY finished_at LIMIT $2)";

    CRON_LIST = "queue.cron_list",
        "SELECT name, schedule, zone, missed, next_at, last_at, paused, kind, job FROM cron ORDER BY name LIMIT $1";
    CRON_GET = "queue.cron_get", "SELECT name, schedule, zone, missed, next_at, last_at, paused, kind, job FROM cron WHERE name = $1";
    CRON_HOLD = "queue.cron_hold",
        sqlite "SELECT name, schedule, zone, missed, next_at, last_at, paused, kind, job FROM cron WHERE name = $1",
        postgres "SELECT name, schedule, zone, missed, next_at, last_at, paused, kind, job FROM cron WHERE name = $1 FOR UPDATE";
    CRON_COUNT = "queue.cron_count", "SELECT count(*) FROM cron";
    CRON_ADD = "queue.cron_add",
        "INSERT INTO cron (name, schedule, zone, missed, next_at, paused, kind, job) VALUES ($1, $2, $3, $4, $5, 0, $6, $7) ON CONFLICT (name) DO NOTHING";
    CRON_SET = "queue.cron_set",
        "UPDATE cron SET schedule = $2, zone = $3, missed = $4, next_at = $5, kind = $6, job = $7, paused = $8 WHERE name = $1";
    CRON_DROP = "queue.cron_drop", "DELETE FROM cron WHERE name = $1";
    CRON_PAUSE = "queue.cron_pause", "UPDATE cron SET paused = 1 WHERE name = $1";
    CRON_RESUME = "queue.cron_resume", "UPDATE cron SET paused = 0, next_at = $2 WHERE name = $1";
    CRON_NEXT = "queue.cron_next",
        "SELECT next_at, name FROM cron WHERE (next_at, name) > ($1, $2) AND paused = 0 ORDER BY next_at, name LIMIT $3";
    // Counts only while the entry stands where it was seen: two leaders cannot fire it twice.
    CRON_FIRE = "queue.cron_fire",
        "UPDATE cron SET next_at = $3, last_at = $4, paused = $5 WHERE name = $1 AND next_at = $2 AND paused = 0";
}
