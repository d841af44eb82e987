-- Only what the original JobHive document names or implies: the columns marked "seed" in demo/schema.sql, no table more.
CREATE TABLE companies_company (id bigint PRIMARY KEY);
CREATE TABLE accounts_user (
    id bigint PRIMARY KEY, date_joined timestamptz NOT NULL, last_login timestamptz, is_verified boolean NOT NULL
);
CREATE TABLE jobs_job (id bigint PRIMARY KEY, company_id bigint REFERENCES companies_company (id));
CREATE TABLE interviews_interviewsession (
    id bigint PRIMARY KEY, user_id bigint NOT NULL REFERENCES accounts_user (id), job_id bigint REFERENCES jobs_job (id),
    status varchar(20) NOT NULL, is_practice boolean NOT NULL, created_at timestamptz NOT NULL, start_time timestamptz,
    end_time timestamptz, duration double precision, completion_percentage double precision,
    technical_accuracy double precision, behavioral_score double precision
);
CREATE TABLE interviews_sentimentsession (
    id bigint PRIMARY KEY, interview_session_id bigint NOT NULL REFERENCES interviews_interviewsession (id),
    positive_score double precision, created_at timestamptz NOT NULL
);
CREATE TABLE assessments_skillassessment (
    id bigint PRIMARY KEY, interview_session_id bigint NOT NULL REFERENCES interviews_interviewsession (id),
    accumulated_score double precision, human_validated boolean NOT NULL, created_at timestamptz NOT NULL
);
CREATE TABLE recommendations_recommendation (id bigint PRIMARY KEY, created_at timestamptz NOT NULL);
CREATE TABLE billing_plan (id bigint PRIMARY KEY, "interval" varchar(10) NOT NULL, price numeric(12,4) NOT NULL);
CREATE TABLE billing_customersubscription (
    id bigint PRIMARY KEY, user_id bigint NOT NULL REFERENCES accounts_user (id),
    plan_id bigint NOT NULL REFERENCES billing_plan (id), status varchar(24) NOT NULL,
    current_period_start timestamptz, current_period_end timestamptz, created_at timestamptz NOT NULL,
    updated_at timestamptz
);
