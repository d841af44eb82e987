-- A JobHive of %(users)s users that ends at %(at)s: two years, ten sessions per user, a few users with most of them.
-- Everything is made of sets; ids grow with time, as they do in a live database.
SELECT setseed(0.7);
SET work_mem = '256MB';
SET session_replication_role = replica;

INSERT INTO companies_company (id, name, created_at)
SELECT i, 'company ' || i, %(at)s::timestamptz - interval '800 days' FROM generate_series(1, 2000) AS i;

INSERT INTO accounts_user (id, date_joined, last_login, is_verified, is_staff, is_superuser, is_test,
                           email_verified_at, deleted_at, company_id)
SELECT i, joined, CASE WHEN seen < 0.9 THEN joined + seen * (%(at)s::timestamptz - joined) END, kind < 0.8,
       kind > 0.999, kind > 0.9995, kind BETWEEN 0.98 AND 0.985, CASE WHEN kind < 0.8 THEN joined + interval '1 hour' END,
       CASE WHEN kind BETWEEN 0.95 AND 0.97 THEN joined + 0.5 * (%(at)s::timestamptz - joined) END,
       CASE WHEN seen < 0.05 THEN 1 + floor(2000 * kind) END
FROM (SELECT i, %(at)s::timestamptz - interval '730 days' * (1 - sqrt(i::float / %(users)s)) AS joined,
             random() AS kind, random() AS seen
      FROM generate_series(1, %(users)s) AS i) AS made;

INSERT INTO jobs_job (id, company_id, title, created_at)
SELECT i, 1 + mod(i, 2000), 'job', %(at)s::timestamptz - random() * interval '730 days'
FROM generate_series(1, 20000) AS i;

INSERT INTO interviews_interviewer (id, slug, kind) SELECT i, 'agent-' || i, 'ai' FROM generate_series(1, 40) AS i;

-- Early users have had more time, and come mostly in their first months: powers of random numbers give a few users many
-- sessions, and the last 30 days about a tenth of all.
INSERT INTO interviews_interviewsession
    (id, user_id, job_id, interviewer_id, status, is_practice, created_at, start_time, end_time, duration,
     completion_percentage, technical_accuracy, behavioral_score, scheduled_at)
SELECT row_number() OVER (ORDER BY created), user_id, CASE WHEN kind < 0.6 THEN 1 + floor(20000 * kind) END,
       1 + floor(40 * kind), status, kind >= 0.6, created,
       CASE WHEN status IN ('completed', 'abandoned', 'in_progress') THEN planned END,
       CASE WHEN status IN ('completed', 'abandoned') THEN planned + length END,
       CASE WHEN status = 'completed' THEN extract(epoch FROM length) END,
       CASE WHEN status IN ('completed', 'abandoned') THEN 100 * sqrt(score) END,
       CASE WHEN status = 'completed' THEN 100 * score END, CASE WHEN status = 'completed' THEN 100 * sqrt(kind) END,
       planned
FROM (SELECT id AS user_id, created, created + gap AS planned, length, kind, score,
             CASE WHEN created + gap > %(at)s::timestamptz THEN 'scheduled'
                  WHEN created + gap + length > %(at)s::timestamptz THEN 'in_progress'
                  WHEN outcome < 0.80 THEN 'completed' WHEN outcome < 0.90 THEN 'abandoned'
                  WHEN outcome < 0.95 THEN 'cancelled' ELSE 'no_show' END AS status
      FROM (SELECT 1 + floor(%(users)s * power(random(), 2)) AS number, power(random(), 2) AS moment,
                   random() * interval '3 days' AS gap, interval '5 minutes' + random() * interval '1 hour' AS length,
                   random() AS kind, random() AS score, random() AS outcome
            FROM generate_series(1, 10 * %(users)s)) AS drawn
      JOIN accounts_user ON id = number
      CROSS JOIN LATERAL (SELECT date_joined + moment * (%(at)s::timestamptz - date_joined) AS created) AS placed) AS made;

INSERT INTO interviews_sentimentsession
    (interview_session_id, positive_score, created_at, predicted_label, confidence, processing_time_ms, human_label,
     human_validated_at, audit_sample, model_version)
SELECT id, technical_accuracy / 100, end_time + interval '1 minute',
       (ARRAY['positive', 'neutral', 'negative'])[1 + mod(id, 3)], behavioral_score / 100, 200 + mod(id, 800),
       CASE WHEN mod(id, 50) = 0 THEN (ARRAY['positive', 'neutral', 'negative'])[1 + mod(id / 50, 3)] END,
       CASE WHEN mod(id, 50) = 0 THEN end_time + interval '2 days' END, mod(id, 50) = 0, 'v' || mod(id, 3)
FROM interviews_interviewsession WHERE status = 'completed' ORDER BY end_time;

INSERT INTO assessments_skill (id, name, category)
SELECT i, 'skill ' || i, 'category ' || mod(i, 8) FROM generate_series(1, 64) AS i;

INSERT INTO assessments_skillassessment
    (interview_session_id, accumulated_score, human_validated, created_at, skill_id, confidence, human_score,
     human_agrees, human_validated_at, audit_sample, model_version)
SELECT id, technical_accuracy / 100, mod(id, 20) = 0, end_time + interval '2 minutes', 1 + mod(id, 64),
       behavioral_score / 100, CASE WHEN mod(id, 20) = 0 THEN behavioral_score / 100 END,
       CASE WHEN mod(id, 20) = 0 THEN mod(id, 3) > 0 END,
       CASE WHEN mod(id, 20) = 0 THEN end_time + interval '1 day' END, mod(id, 20) = 0, 'v' || mod(id, 3)
FROM interviews_interviewsession WHERE status = 'completed' ORDER BY end_time;

INSERT INTO recommendations_recommendation
    (created_at, user_id, interview_session_id, kind, shown_at, accepted_at, dismissed_at, rating, rated_at)
SELECT end_time, user_id, id, 'course', end_time + interval '5 minutes',
       CASE WHEN mod(id, 4) = 0 THEN end_time + interval '1 hour' END,
       CASE WHEN mod(id, 4) = 1 THEN end_time + interval '1 hour' END, CASE WHEN mod(id, 8) = 0 THEN 1 + mod(id, 5) END,
       CASE WHEN mod(id, 8) = 0 THEN end_time + interval '2 hours' END
FROM interviews_interviewsession WHERE status = 'completed' AND mod(id, 2) = 0 ORDER BY end_time;

INSERT INTO billing_plan (id, "interval", price, slug)
SELECT i, CASE WHEN mod(i, 2) = 0 THEN 'month' ELSE 'year' END, 20 * i, 'plan-' || i FROM generate_series(1, 8) AS i;

INSERT INTO billing_customersubscription
    (id, user_id, plan_id, status, current_period_start, current_period_end, created_at, updated_at, started_at,
     trial_start, trial_end, ended_at, past_due_since, quantity, discount_percent, cancel_at_period_end, cancel_reason)
SELECT id, user_id, plan_id, status, started, started + interval '30 days', started, started, started, started,
       CASE WHEN kind < 0.5 THEN started + interval '14 days' END, CASE WHEN status = 'canceled' THEN ended END,
       CASE WHEN status = 'past_due' THEN %(at)s::timestamptz - interval '9 days' END, 1 + floor(3 * kind),
       CASE WHEN kind < 0.1 THEN 20 END, kind BETWEEN 0.3 AND 0.35,
       CASE WHEN status = 'canceled' THEN CASE WHEN kind < 0.3 THEN 'payment_failed' ELSE 'too_expensive' END END
FROM (SELECT row_number() OVER (ORDER BY started) AS id, user_id, plan_id, started, kind,
             started + kind * (%(at)s::timestamptz - started) AS ended,
             CASE WHEN fate < 0.4 THEN 'canceled' WHEN fate < 0.43 THEN 'past_due' ELSE 'active' END AS status
      FROM (SELECT id AS user_id, 1 + mod(id, 8) AS plan_id, random() AS kind, random() AS fate,
                   date_joined + random() * (%(at)s::timestamptz - date_joined) AS started
            FROM accounts_user WHERE random() < 0.12) AS drawn) AS made;

INSERT INTO billing_subscriptionevent
    (subscription_id, occurred_at, recorded_at, event_type, to_status, to_plan_id, to_quantity, to_discount_percent)
SELECT id, moment, moment, event, state, plan_id, seats, discount
FROM (SELECT id, started_at AS moment, 'created' AS event, 'active' AS state, plan_id, 1 AS seats, discount_percent AS discount
      FROM billing_customersubscription
      UNION ALL
      SELECT id, started_at + share * (coalesce(ended_at, %(at)s::timestamptz) - started_at), 'changed', NULL,
             1 + mod(id + 4, 8), 1 + mod(id, 4), NULL
      FROM billing_customersubscription CROSS JOIN unnest(ARRAY[0.3, 0.6]) AS share
      UNION ALL
      SELECT id, coalesce(ended_at, past_due_since), 'ended', status, NULL, NULL, NULL
      FROM billing_customersubscription WHERE status IN ('canceled', 'past_due')) AS made
ORDER BY moment;

INSERT INTO analytics_useractivity (user_id, occurred_at, feature)
SELECT id, moment, (ARRAY['', '', '', 'ai_feedback', 'learning_path', 'dashboard'])[1 + floor(6 * kind)]
FROM (SELECT 1 + floor(%(users)s * power(random(), 2)) AS number, power(random(), 2) AS share, random() AS kind
      FROM generate_series(1, 6 * %(users)s)) AS drawn
JOIN accounts_user ON id = number
CROSS JOIN LATERAL (SELECT date_joined + share * (%(at)s::timestamptz - date_joined) AS moment) AS placed
ORDER BY moment;

INSERT INTO analytics_usersession (user_id, started_at, last_seen_at)
SELECT user_id, occurred_at, occurred_at + interval '20 minutes' FROM analytics_useractivity WHERE mod(id, 3) = 0
ORDER BY id;

INSERT INTO learning_enrolment (user_id, started_at, completed_at)
SELECT user_id, occurred_at, CASE WHEN mod(id, 2) = 0 THEN occurred_at + interval '14 days' END
FROM analytics_useractivity WHERE feature = 'learning_path' AND mod(id, 3) = 0 ORDER BY id;

INSERT INTO jobs_application (id, job_id, user_id, created_at, stage)
SELECT row_number() OVER (ORDER BY created_at), 1 + mod(id, 20000), user_id, created_at,
       (ARRAY['applied', 'screening', 'interview', 'offer', 'hired', 'rejected'])[1 + mod(id, 6)]
FROM interviews_interviewsession WHERE mod(id, 16) = 0;

INSERT INTO jobs_applicationstageevent (application_id, occurred_at, to_stage)
SELECT id, created_at + step * interval '3 days',
       CASE WHEN step = mod(id, 5) THEN stage ELSE (ARRAY['screening', 'interview', 'offer'])[step] END
FROM jobs_application CROSS JOIN generate_series(1, 3) AS step
WHERE created_at + step * interval '3 days' < %(at)s::timestamptz AND step <= 1 + mod(id, 5)
ORDER BY 2;
