//! Every statement of the queue.

store::sql! {
    KINDS = "queue.kinds", "SELECT code, name FROM job_kind";
    KIND_ADD = "queue.kind_add", "INSERT INTO job_kind (code, name) VALUES ($1, $2) ON CONFLICT (code) DO NOTHING";
    QUEUES = "queue.queues", "SELECT code, name, weight, concurrency, paused FROM queue_conf ORDER BY code";
    QUEUE_ADD = "queue.queue_add", "INSERT INTO queue_conf (code, name) VALUES ($1, $2) ON CONFLICT (code) DO NOTHING";

    UNIQUE_TAKE = "queue.unique_take", "INSERT INTO job_unique (hash, job_id) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING";
    UNIQUE_HOLDER = "queue.unique_holder", "SELECT job_id FROM job_unique WHERE hash = $1";
    UNIQUE_RELEASE = "queue.unique_release", "DELETE FROM job_unique WHERE hash = $1 AND job_id = $2";
    INSERT = "queue.insert",
        "INSERT INTO job (queue, priority, run_at, id, kind, attempt, attempts_max, rescued, created_at, body, group_key, uniq, parent, error)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

    CLAIM = "queue.claim",
        sqlite "DELETE FROM job WHERE id IN (SELECT id FROM job WHERE queue = $1 AND priority = $2 AND run_at <= $3 ORDER BY run_at, id LIMIT $4)
         RETURNING queue, priority, run_at, id, kind, attempt, attempts_max, rescued, created_at, body, group_key, uniq, parent, error",
        postgres "WITH pick AS (SELECT ctid FROM job WHERE queue = $1 AND priority = $2 AND run_at <= $3 ORDER BY run_at, id LIMIT $4 FOR UPDATE SKIP LOCKED)
         DELETE FROM job j USING pick WHERE j.ctid = pick.ctid
         RETURNING j.queue, j.priority, j.run_at, j.id, j.kind, j.attempt, j.attempts_max, j.rescued, j.created_at, j.body, j.group_key, j.uniq, j.parent, j.error";
    NEXT_DUE = "queue.next_due", "SELECT run_at FROM job WHERE queue = $1 AND priority = $2 ORDER BY run_at, id LIMIT 1";
    LEASE_ADD = "queue.lease_add", "INSERT INTO job_lease (lease_id, node, claimed_at, deadline, jobs) VALUES ($1, $2, $3, $4, $5)";
    LEASE_DROP = "queue.lease_drop", "DELETE FROM job_lease WHERE lease_id = $1";
    ACK_ADD = "queue.ack_add",
        sqlite "INSERT INTO job_ack (lease_id, job_id) SELECT lease_id, $2 FROM job_lease WHERE lease_id = $1 ON CONFLICT (lease_id, job_id) DO NOTHING",
        // The lock makes a rescue that is dropping the lease wait, and then see this acknowledgement.
        postgres "INSERT INTO job_ack (lease_id, job_id) SELECT lease_id, $2 FROM job_lease WHERE lease_id = $1 FOR KEY SHARE ON CONFLICT (lease_id, job_id) DO NOTHING";
    ACK_DROP = "queue.ack_drop", "DELETE FROM job_ack WHERE lease_id = $1";
    ACKS = "queue.acks", "SELECT job_id FROM job_ack WHERE lease_id = $1";
    DONE_ADD = "queue.done_add",
        "INSERT INTO job_done (finished_at, id, queue, priority, kind, outcome, attempt, created_at, started_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    RESULT_ADD = "queue.result_add", "INSERT INTO job_result (id, finished_at, result) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING";
    DEAD_ADD = "queue.dead_add",
        "INSERT INTO job_dead (id, queue, priority, kind, attempt, attempts_max, created_at, died_at, body, group_key, uniq, parent, reason)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (id) DO NOTHING";

    NODES = "queue.nodes", "SELECT number, epoch, name, heartbeat_at FROM node ORDER BY number";
    NODE_TAKE = "queue.node_take",
        "INSERT INTO node (number, epoch, name, started_at, heartbeat_at, info) VALUES ($1, $2, $3, $4, $4, '{}')
         ON CONFLICT (number) DO UPDATE SET epoch = excluded.epoch, name = excluded.name, started_at = excluded.started_at, heartbeat_at = excluded.heartbeat_at
         WHERE node.heartbeat_at < $5";
    NODE_REJOIN = "queue.node_rejoin",
        "INSERT INTO node (number, epoch, name, started_at, heartbeat_at, info) VALUES ($1, $2, $3, $4, $4, '{}') ON CONFLICT (number) DO NOTHING";
    NODE_BEAT = "queue.node_beat", "UPDATE node SET heartbeat_at = $3 WHERE number = $1 AND epoch = $2";
    NODE_LEAVE = "queue.node_leave", "DELETE FROM node WHERE number = $1 AND epoch = $2";
    LEASES_LOST = "queue.leases_lost",
        "SELECT lease_id, claimed_at, jobs FROM job_lease l WHERE NOT EXISTS (SELECT 1 FROM node n WHERE n.number = l.node AND n.epoch <= l.lease_id AND (n.heartbeat_at >= $1 OR n.number = $2)) ORDER BY lease_id LIMIT 100";
    LEASES_OVERDUE = "queue.leases_overdue", "SELECT lease_id, claimed_at, jobs FROM job_lease WHERE deadline < $1 ORDER BY lease_id LIMIT 100";

    WAITING_GET = "queue.waiting_get",
        "SELECT queue, priority, run_at, id, kind, attempt, attempts_max, rescued, created_at, body, group_key, uniq, parent, error FROM job WHERE id = $1";
    WAITING_DROP = "queue.waiting_drop",
        "DELETE FROM job WHERE id = $1 RETURNING queue, priority, run_at, id, kind, attempt, attempts_max, rescued, created_at, body, group_key, uniq, parent, error";
    WAITING_LIST = "queue.waiting_list",
        "SELECT queue, priority, run_at, id, kind, attempt, attempts_max, rescued, created_at, body, group_key, uniq, parent, error FROM job WHERE id < $1 ORDER BY id DESC LIMIT $2";
    LEASES = "queue.leases", "SELECT lease_id, claimed_at, jobs FROM job_lease ORDER BY lease_id DESC LIMIT 1000";
    DONE_GET = "queue.done_get",
        "SELECT d.finished_at, d.id, d.queue, d.priority, d.kind, d.outcome, d.attempt, d.created_at, d.started_at, r.result FROM job_done d LEFT JOIN job_result r ON r.id = d.id WHERE d.id = $1 ORDER BY d.finished_at DESC LIMIT 1";
    DONE_LIST = "queue.done_list",
        "SELECT d.finished_at, d.id, d.queue, d.priority, d.kind, d.outcome, d.attempt, d.created_at, d.started_at, r.result FROM job_done d LEFT JOIN job_result r ON r.id = d.id
         WHERE (d.finished_at, d.id) < ($1, $2) ORDER BY d.finished_at DESC, d.id DESC LIMIT $3";
    DEAD_GET = "queue.dead_get",
        "SELECT id, queue, priority, kind, attempt, attempts_max, created_at, died_at, body, reason, uniq, group_key, parent FROM job_dead WHERE id = $1";
    DEAD_LIST = "queue.dead_list",
        "SELECT id, queue, priority, kind, attempt, attempts_max, created_at, died_at, body, reason, uniq, group_key, parent FROM job_dead WHERE (died_at, id) < ($1, $2) ORDER BY died_at DESC, id DESC LIMIT $3";
    DEAD_DROP = "queue.dead_drop", "DELETE FROM job_dead WHERE id = $1";
    COUNT_WAITING = "queue.count_waiting",
        "SELECT queue, priority, kind, CASE WHEN attempt > 0 THEN 2 WHEN run_at > $1 THEN 1 ELSE 0 END AS state, count(*), min(run_at) FROM job GROUP BY queue, priority, kind, 4";
    COUNT_DONE = "queue.count_done", "SELECT queue, priority, kind, outcome, count(*) FROM job_done GROUP BY queue, priority, kind, outcome";
    COUNT_DEAD = "queue.count_dead", "SELECT queue, priority, kind, count(*) FROM job_dead GROUP BY queue, priority, kind";
    PRUNE_DONE = "queue.prune_done",
        "DELETE FROM job_done WHERE (finished_at, id) IN (SELECT finished_at, id FROM job_done WHERE finished_at < $1 ORDER BY finished_at, id LIMIT $2)";
    PRUNE_RESULT = "queue.prune_result",
        "DELETE FROM job_result WHERE id IN (SELECT id FROM job_result WHERE finished_at < $1 ORDER BY finished_at LIMIT $2)";
}
