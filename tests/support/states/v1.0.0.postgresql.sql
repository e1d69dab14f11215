CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.announcement_files (
    announcement_id character varying(16) NOT NULL,
    kind character varying(16) NOT NULL,
    filename text NOT NULL,
    content bytea NOT NULL,
    file_id character varying(255) NOT NULL
);
CREATE TABLE public.announcements (
    announcement_id character varying(16) NOT NULL,
    request_key character varying(128) NOT NULL,
    stage character varying(16) NOT NULL,
    version integer NOT NULL,
    next_due_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    body text NOT NULL
);
CREATE TABLE public.audit_log (
    entry bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor bigint,
    action character varying(64) NOT NULL,
    subject character varying(64) NOT NULL,
    detail text NOT NULL
);
CREATE SEQUENCE public.audit_log_entry_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.audit_log_entry_seq OWNED BY public.audit_log.entry;
CREATE TABLE public.buttons (
    token character varying(64) NOT NULL,
    chat_id bigint NOT NULL,
    visitor_id bigint,
    action character varying(32) NOT NULL,
    argument text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    single_use boolean NOT NULL,
    used_at timestamp with time zone
);
CREATE TABLE public.corrected_copies (
    correction_id character varying(64) NOT NULL,
    chat_id bigint NOT NULL,
    state character varying(16) NOT NULL
);
CREATE TABLE public.corrections (
    correction_id character varying(64) NOT NULL,
    occurrence_id character varying(64) NOT NULL,
    kind character varying(16) NOT NULL,
    texts text NOT NULL,
    asked_by bigint NOT NULL,
    asked_at timestamp with time zone NOT NULL
);
CREATE TABLE public.deliveries (
    occurrence_id character varying(64) NOT NULL,
    chat_id bigint NOT NULL,
    locale character varying(16) NOT NULL,
    zone character varying(64) NOT NULL,
    state character varying(16) NOT NULL,
    body_hash character varying(64) NOT NULL,
    not_before timestamp with time zone NOT NULL,
    attempt integer NOT NULL,
    epoch bigint NOT NULL,
    message_id bigint,
    may_repeat boolean NOT NULL,
    crashes integer NOT NULL,
    reason character varying(64) NOT NULL,
    changed_at timestamp with time zone NOT NULL
);
CREATE TABLE public.dialogues (
    visitor_id bigint NOT NULL,
    kind character varying(32) NOT NULL,
    state text NOT NULL,
    changed_at timestamp with time zone NOT NULL
);
CREATE TABLE public.embeddings (
    identity character varying(255) NOT NULL,
    text_hash character varying(64) NOT NULL,
    vector bytea NOT NULL
);
CREATE TABLE public.feedback (
    turn_id character varying(64) NOT NULL,
    visitor_id bigint NOT NULL,
    opinion character varying(16) NOT NULL,
    given_at timestamp with time zone NOT NULL
);
CREATE TABLE public.inbox (
    update_id bigint NOT NULL,
    lane bigint NOT NULL,
    payload text NOT NULL,
    received_at timestamp with time zone NOT NULL,
    attempts integer NOT NULL,
    state character varying(16) NOT NULL,
    handled_at timestamp with time zone
);
CREATE TABLE public.invitations (
    token_hash character varying(64) NOT NULL,
    role character varying(16) NOT NULL,
    created_by bigint NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_by bigint,
    decided_at timestamp with time zone
);
CREATE TABLE public.knowledge_documents (
    content_hash character varying(64) NOT NULL,
    body text NOT NULL
);
CREATE TABLE public.leases (
    name character varying(32) NOT NULL,
    epoch bigint NOT NULL,
    holder character varying(128) NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
CREATE TABLE public.manifest_documents (
    generation integer NOT NULL,
    locale character varying(16) NOT NULL,
    path text NOT NULL,
    content_hash character varying(64) NOT NULL
);
CREATE TABLE public.manifest_generations (
    number integer NOT NULL,
    state character varying(16) NOT NULL,
    embedding_identity character varying(255) NOT NULL,
    documents integer NOT NULL,
    chunks integer NOT NULL,
    fingerprint character varying(64) NOT NULL,
    means bytea NOT NULL,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    published_at timestamp with time zone,
    pending integer DEFAULT 0 NOT NULL
);
CREATE SEQUENCE public.manifest_generations_number_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.manifest_generations_number_seq OWNED BY public.manifest_generations.number;
CREATE TABLE public.marks (
    name character varying(32) NOT NULL,
    value bigint NOT NULL
);
CREATE TABLE public.model_use (
    scope character varying(16) NOT NULL,
    tokens integer NOT NULL,
    prompt_tokens integer NOT NULL,
    completion_tokens integer NOT NULL
);
CREATE TABLE public.model_use_by_visitor (
    visitor_id bigint NOT NULL,
    day character varying(10) NOT NULL,
    tokens integer NOT NULL
);
CREATE TABLE public.occurrences (
    occurrence_id character varying(64) NOT NULL,
    announcement_id character varying(16) NOT NULL,
    slot character varying(32) NOT NULL,
    due_at timestamp with time zone NOT NULL,
    valid_until timestamp with time zone,
    state character varying(16) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    snapshot bigint NOT NULL,
    planned_through bigint,
    audience integer NOT NULL,
    finished_at timestamp with time zone,
    pause_reason character varying(64) NOT NULL
);
CREATE TABLE public.organisers (
    visitor_id bigint NOT NULL,
    role character varying(16) NOT NULL,
    granted_by bigint,
    granted_at timestamp with time zone NOT NULL
);
CREATE TABLE public.requests (
    request_id character varying(16) NOT NULL,
    occurrence_id character varying(64) NOT NULL,
    kind character varying(16) NOT NULL,
    texts text NOT NULL,
    replaces text NOT NULL,
    copies integer NOT NULL,
    asked_by bigint NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    state character varying(16) NOT NULL,
    decided_by bigint,
    decided_at timestamp with time zone
);
CREATE TABLE public.subscription_topics (
    chat_id bigint NOT NULL,
    topic character varying(16) NOT NULL
);
CREATE TABLE public.subscriptions (
    seq bigint NOT NULL,
    chat_id bigint NOT NULL,
    agreed_at timestamp with time zone,
    asked_at timestamp with time zone,
    locale character varying(16),
    zone character varying(64) NOT NULL,
    country character varying(2) NOT NULL,
    quiet_from time without time zone,
    quiet_until time without time zone
);
CREATE SEQUENCE public.subscriptions_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.subscriptions_seq_seq OWNED BY public.subscriptions.seq;
CREATE TABLE public.turns (
    turn_id character varying(64) NOT NULL,
    chat_id bigint NOT NULL,
    visitor_id bigint NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    question text NOT NULL,
    locale character varying(16) NOT NULL,
    outcome character varying(32) NOT NULL,
    score double precision NOT NULL,
    keys text NOT NULL,
    took_ms double precision NOT NULL,
    composed boolean,
    generation integer
);
CREATE TABLE public.visitors (
    visitor_id bigint NOT NULL,
    first_seen_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    chosen character varying(16),
    app_locale character varying(16),
    is_reachable boolean NOT NULL
);
ALTER TABLE ONLY public.audit_log ALTER COLUMN entry SET DEFAULT nextval('public.audit_log_entry_seq'::regclass);
ALTER TABLE ONLY public.manifest_generations ALTER COLUMN number SET DEFAULT nextval('public.manifest_generations_number_seq'::regclass);
ALTER TABLE ONLY public.subscriptions ALTER COLUMN seq SET DEFAULT nextval('public.subscriptions_seq_seq'::regclass);
INSERT INTO public.alembic_version (version_num) VALUES ('0006');
INSERT INTO public.announcement_files (announcement_id, kind, filename, content, file_id) VALUES ('forum', 'photo', 'plan ü.png', '\x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', '');
INSERT INTO public.announcements (announcement_id, request_key, stage, version, next_due_at, created_at, body) VALUES ('forum', 'update 4711', 'approved', 1, '2026-05-04 09:30:00.123456+00', '2026-05-04 08:30:00.123456+00', '{"announcement_id":"forum","label":"Forum","topic":"forum","content":{"source":"en","texts":{"en":"The forum begins at {start}.","ru":"Форум начинается {start}."},"made_from":{},"moments":{},"attachment":null,"buttons":[]},"audience":{"locales":[],"topics":[],"countries":[],"roles":[],"chats":[],"without":[]},"schedule":{"timing":"once","zone":"UTC","at":"2026-05-04T09:30:00.123456","cron":"","until":null},"terms":{"valid_for":null,"lateness":"send_late","policy":"at_most_once","quiet_hours":"hold","missing_language":"hold","fallback":null,"is_silent":false,"is_paid":false},"stage":"approved","author":1,"created_at":"2026-05-04T08:30:00.123456Z","version":1,"return_reason":"","approver":null,"approved_at":null,"is_emergency":false,"next_due_at":"2026-05-04T09:30:00.123456Z","pause_reason":"","body_hashes":{"en":"ad7f0c074ac880d8d46de5b8c6bf6bf4","ru":"a5a547f99dc4afa11bff07d0011ba3c5"}}');
INSERT INTO public.announcements (announcement_id, request_key, stage, version, next_due_at, created_at, body) VALUES ('later', 'update 4712', 'approved', 1, '2034-07-21 09:30:00.123456+00', '2034-07-21 08:30:00.123456+00', '{"announcement_id":"later","label":"Later","topic":"forum","content":{"source":"en","texts":{"en":"Later."},"made_from":{},"moments":{},"attachment":null,"buttons":[]},"audience":{"locales":[],"topics":[],"countries":[],"roles":[],"chats":[],"without":[]},"schedule":{"timing":"once","zone":"UTC","at":"2034-07-21T09:30:00.123456","cron":"","until":null},"terms":{"valid_for":null,"lateness":"send_late","policy":"at_most_once","quiet_hours":"hold","missing_language":"hold","fallback":null,"is_silent":false,"is_paid":false},"stage":"approved","author":1,"created_at":"2034-07-21T08:30:00.123456Z","version":1,"return_reason":"","approver":null,"approved_at":null,"is_emergency":false,"next_due_at":"2034-07-21T09:30:00.123456Z","pause_reason":"","body_hashes":{"en":"68ca15b51b92852248857462017039fe"}}');
INSERT INTO public.audit_log (entry, at, actor, action, subject, detail) VALUES (1, '2026-05-04 09:30:00.123456+00', 123456789, 'role_granted', '987654321', 'approver');
INSERT INTO public.audit_log (entry, at, actor, action, subject, detail) VALUES (2, '2026-05-04 00:00:00+00', NULL, 'announce_denied', '2026-05-04', '1');
INSERT INTO public.buttons (token, chat_id, visitor_id, action, argument, expires_at, single_use, used_at) VALUES ('token-one', 7000000001, 7000000001, 'language', 't1', '2034-07-21 09:30:00.123456+00', true, NULL);
INSERT INTO public.corrected_copies (correction_id, chat_id, state) VALUES ('c1', 7000000001, 'planned');
INSERT INTO public.corrections (correction_id, occurrence_id, kind, texts, asked_by, asked_at) VALUES ('c1', 'forum.2026-05-04T09:30', 'edit', '{"en": "At eleven."}', 123456789, '2026-05-04 09:30:00.123456+00');
INSERT INTO public.deliveries (occurrence_id, chat_id, locale, zone, state, body_hash, not_before, attempt, epoch, message_id, may_repeat, crashes, reason, changed_at) VALUES ('forum.2026-05-04T09:30', 7000000003, 'en', 'Asia/Bishkek', 'planned', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', '2026-05-04 09:30:00.123456+00', 0, 0, NULL, false, 0, '', '1970-01-01 00:00:00+00');
INSERT INTO public.deliveries (occurrence_id, chat_id, locale, zone, state, body_hash, not_before, attempt, epoch, message_id, may_repeat, crashes, reason, changed_at) VALUES ('forum.2026-05-04T09:30', 7000000002, 'en', 'Asia/Bishkek', 'sending', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', '2026-05-04 09:30:00.123456+00', 1, 1, NULL, false, 0, '', '2026-05-04 09:30:00.123456+00');
INSERT INTO public.deliveries (occurrence_id, chat_id, locale, zone, state, body_hash, not_before, attempt, epoch, message_id, may_repeat, crashes, reason, changed_at) VALUES ('forum.2026-05-04T09:30', 7000000001, 'en', 'Asia/Bishkek', 'sent', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', '2026-05-04 09:30:00.123456+00', 1, 1, 77, false, 0, '', '2026-05-04 09:30:00.123456+00');
INSERT INTO public.dialogues (visitor_id, kind, state, changed_at) VALUES (123456789, 'compose', '{"step": "text", "ü": "文"}', '2026-05-04 09:30:00.123456+00');
INSERT INTO public.embeddings (identity, text_hash, vector) VALUES ('e5', '0000000000000000000000000000000000000000000000000000000000000000', '\x00000000000000000000000000000000');
INSERT INTO public.embeddings (identity, text_hash, vector) VALUES ('e5', '0000000000000000000000000000000000000000000000000000000000000001', '\x0000003e0000003e0000003e0000003e');
INSERT INTO public.embeddings (identity, text_hash, vector) VALUES ('e5', '0000000000000000000000000000000000000000000000000000000000000002', '\x0000803e0000803e0000803e0000803e');
INSERT INTO public.feedback (turn_id, visitor_id, opinion, given_at) VALUES ('t1', 7000000001, 'helpful', '2026-05-04 09:30:00.123456+00');
INSERT INTO public.inbox (update_id, lane, payload, received_at, attempts, state, handled_at) VALUES (502, 7000000001, '{"update_id": 502, "text": "Где парк? \u0000"}', '2026-05-04 09:30:00.123456+00', 0, 'pending', NULL);
INSERT INTO public.inbox (update_id, lane, payload, received_at, attempts, state, handled_at) VALUES (503, 7000000001, '{"update_id": 503, "text": "Где парк? \u0000"}', '2026-05-04 09:30:00.123456+00', 0, 'pending', NULL);
INSERT INTO public.inbox (update_id, lane, payload, received_at, attempts, state, handled_at) VALUES (501, 0, '', '2026-05-04 09:30:00.123456+00', 0, 'done', '2026-05-04 09:30:00.123456+00');
INSERT INTO public.invitations (token_hash, role, created_by, expires_at, used_by, decided_at) VALUES ('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'author', 123456789, '2034-07-21 09:30:00.123456+00', NULL, NULL);
INSERT INTO public.knowledge_documents (content_hash, body) VALUES ('en-1', '{"path":"expo/halls.md","locale":"en","title":"Title of expo/halls.md","topic":"expo","sections":[{"section_id":"where","heading":"Where","text":"The halls are in Qingdao, edition 1.","questions":[],"source":{"publisher":"Xinhua","title":"A page","url":"https://example.org/page","date":"2026-01-19"},"as_of":"2026-01-19","valid_from":null,"valid_until":null,"line":1}],"content_hash":"en-1","audience":"public","answerable":true,"reply":null,"owner":""}');
INSERT INTO public.knowledge_documents (content_hash, body) VALUES ('zh-0', '{"path":"expo/halls.md","locale":"zh","title":"Title of expo/halls.md","topic":"expo","sections":[{"section_id":"where","heading":"Where","text":"展馆在青岛。","questions":[],"source":{"publisher":"Xinhua","title":"A page","url":"https://example.org/page","date":"2026-01-19"},"as_of":"2026-01-19","valid_from":null,"valid_until":null,"line":1}],"content_hash":"zh-0","audience":"public","answerable":true,"reply":null,"owner":""}');
INSERT INTO public.knowledge_documents (content_hash, body) VALUES ('en-2', '{"path":"expo/halls.md","locale":"en","title":"Title of expo/halls.md","topic":"expo","sections":[{"section_id":"where","heading":"Where","text":"The halls are in Qingdao, edition 2.","questions":[],"source":{"publisher":"Xinhua","title":"A page","url":"https://example.org/page","date":"2026-01-19"},"as_of":"2026-01-19","valid_from":null,"valid_until":null,"line":1}],"content_hash":"en-2","audience":"public","answerable":true,"reply":null,"owner":""}');
INSERT INTO public.leases (name, epoch, holder, expires_at) VALUES ('dispatcher', 1, 'machine 1', '2026-05-04 09:30:30.123456+00');
INSERT INTO public.manifest_documents (generation, locale, path, content_hash) VALUES (1, 'en', 'expo/halls.md', 'en-1');
INSERT INTO public.manifest_documents (generation, locale, path, content_hash) VALUES (1, 'zh', 'expo/halls.md', 'zh-0');
INSERT INTO public.manifest_documents (generation, locale, path, content_hash) VALUES (2, 'en', 'expo/halls.md', 'en-2');
INSERT INTO public.manifest_documents (generation, locale, path, content_hash) VALUES (2, 'zh', 'expo/halls.md', 'zh-0');
INSERT INTO public.manifest_generations (number, state, embedding_identity, documents, chunks, fingerprint, means, created_at, published_at, pending) VALUES (1, 'retired', 'e5', 2, 4, 'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff', '\x504b03042d000000000000002100c1c6a33cffffffffffffffff0a0014006d65747269632e6e70790100100090000000000000009000000000000000934e554d5059010076007b276465736372273a20273c6634272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028322c2032292c207d202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020200a0000803f00000000000000000000803f504b03042d000000000000002100e06a5105ffffffffffffffff0a001400636f756e74732e6e70790100100090000000000000009000000000000000934e554d5059010076007b276465736372273a20273c6938272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028322c292c207d2020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020200a00000000000000000000000000000000504b01022d032d000000000000002100c1c6a33c90000000900000000a00000000000000000000008001000000006d65747269632e6e7079504b01022d032d000000000000002100e06a510590000000900000000a00000000000000000000008001cc000000636f756e74732e6e7079504b0506000000000200020070000000980100000000', '2026-11-29 07:11:14.733024+00', '2026-05-04 09:31:00.123456+00', 0);
INSERT INTO public.manifest_generations (number, state, embedding_identity, documents, chunks, fingerprint, means, created_at, published_at, pending) VALUES (2, 'published', 'e5', 2, 4, 'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff', '\x504b03042d000000000000002100c1c6a33cffffffffffffffff0a0014006d65747269632e6e70790100100090000000000000009000000000000000934e554d5059010076007b276465736372273a20273c6634272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028322c2032292c207d202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020200a0000803f00000000000000000000803f504b03042d000000000000002100e06a5105ffffffffffffffff0a001400636f756e74732e6e70790100100090000000000000009000000000000000934e554d5059010076007b276465736372273a20273c6938272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028322c292c207d2020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020200a00000000000000000000000000000000504b01022d032d000000000000002100c1c6a33c90000000900000000a00000000000000000000008001000000006d65747269632e6e7079504b01022d032d000000000000002100e06a510590000000900000000a00000000000000000000008001cc000000636f756e74732e6e7079504b0506000000000200020070000000980100000000', '2026-11-29 07:11:14.746072+00', '2026-05-04 09:32:00.123456+00', 0);
INSERT INTO public.marks (name, value) VALUES ('bot', 4711);
INSERT INTO public.marks (name, value) VALUES ('bot_server', 0);
INSERT INTO public.marks (name, value) VALUES ('installation', 46278154445676554);
INSERT INTO public.marks (name, value) VALUES ('high_water', 2);
INSERT INTO public.model_use (scope, tokens, prompt_tokens, completion_tokens) VALUES ('all', 623, 500, 123);
INSERT INTO public.model_use (scope, tokens, prompt_tokens, completion_tokens) VALUES ('2026-05-04', 623, 500, 123);
INSERT INTO public.model_use_by_visitor (visitor_id, day, tokens) VALUES (7000000001, '2026-05-04', 623);
INSERT INTO public.occurrences (occurrence_id, announcement_id, slot, due_at, valid_until, state, created_at, snapshot, planned_through, audience, finished_at, pause_reason) VALUES ('forum.2026-05-04T09:30', 'forum', '2026-05-04T09:30', '2026-05-04 09:30:00.123456+00', '2026-05-04 15:30:00.123456+00', 'running', '2026-05-04 09:30:00.123456+00', 4, NULL, 3, NULL, '');
INSERT INTO public.organisers (visitor_id, role, granted_by, granted_at) VALUES (123456789, 'owner', NULL, '2026-05-04 09:30:00.123456+00');
INSERT INTO public.organisers (visitor_id, role, granted_by, granted_at) VALUES (987654321, 'approver', 123456789, '2026-05-04 09:30:00.123456+00');
INSERT INTO public.requests (request_id, occurrence_id, kind, texts, replaces, copies, asked_by, asked_at, state, decided_by, decided_at) VALUES ('r1', 'forum.2026-05-04T09:30', 'correct', '{"en": "At twelve."}', '{"en": "At eleven."}', 1, 987654321, '2026-05-04 09:30:00.123456+00', 'open', NULL, NULL);
INSERT INTO public.subscription_topics (chat_id, topic) VALUES (7000000001, 'expo');
INSERT INTO public.subscription_topics (chat_id, topic) VALUES (7000000001, 'forum');
INSERT INTO public.subscription_topics (chat_id, topic) VALUES (7000000002, 'area');
INSERT INTO public.subscription_topics (chat_id, topic) VALUES (7000000002, 'expo');
INSERT INTO public.subscription_topics (chat_id, topic) VALUES (7000000002, 'forum');
INSERT INTO public.subscription_topics (chat_id, topic) VALUES (7000000003, 'expo');
INSERT INTO public.subscription_topics (chat_id, topic) VALUES (7000000003, 'forum');
INSERT INTO public.subscriptions (seq, chat_id, agreed_at, asked_at, locale, zone, country, quiet_from, quiet_until) VALUES (1, 7000000001, '2026-05-04 09:30:00.123456+00', NULL, NULL, 'Asia/Bishkek', 'KG', '22:30:00', '07:00:00');
INSERT INTO public.subscriptions (seq, chat_id, agreed_at, asked_at, locale, zone, country, quiet_from, quiet_until) VALUES (2, 7000000002, '2026-05-04 09:30:00.123456+00', NULL, 'en', '', '', NULL, NULL);
INSERT INTO public.subscriptions (seq, chat_id, agreed_at, asked_at, locale, zone, country, quiet_from, quiet_until) VALUES (3, 7000000003, '2026-05-04 09:30:00.123456+00', NULL, NULL, '', '', NULL, NULL);
INSERT INTO public.subscriptions (seq, chat_id, agreed_at, asked_at, locale, zone, country, quiet_from, quiet_until) VALUES (4, -1001234567890, NULL, NULL, 'en', '', '', NULL, NULL);
INSERT INTO public.turns (turn_id, chat_id, visitor_id, asked_at, question, locale, outcome, score, keys, took_ms, composed, generation) VALUES ('t1', 7000000001, 7000000001, '2026-05-04 09:30:00.123456+00', 'Где парк?0000', 'ru', 'answered', 0.875, '["expo/halls.md#where"]', 20.5, true, 1);
INSERT INTO public.turns (turn_id, chat_id, visitor_id, asked_at, question, locale, outcome, score, keys, took_ms, composed, generation) VALUES ('t2', 7000000003, 7000000003, '2026-05-04 09:30:00.123456+00', '园区在哪里', 'zh', 'unknown', 0.1, '[]', 7.25, false, 0);
INSERT INTO public.visitors (visitor_id, first_seen_at, last_seen_at, chosen, app_locale, is_reachable) VALUES (7000000001, '2026-05-04 09:30:00.123456+00', '2026-05-04 09:31:00.123456+00', 'ru', 'ky', true);
INSERT INTO public.visitors (visitor_id, first_seen_at, last_seen_at, chosen, app_locale, is_reachable) VALUES (7000000003, '2026-05-04 09:30:00.123456+00', '2026-05-04 09:30:00.123456+00', NULL, 'zh', true);
INSERT INTO public.visitors (visitor_id, first_seen_at, last_seen_at, chosen, app_locale, is_reachable) VALUES (7000000002, '2026-05-04 09:30:00.123456+00', '2026-05-04 09:30:00.123456+00', NULL, 'en', false);
SELECT pg_catalog.setval('public.audit_log_entry_seq', 2, true);
SELECT pg_catalog.setval('public.manifest_generations_number_seq', 2, true);
SELECT pg_catalog.setval('public.subscriptions_seq_seq', 4, true);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.announcement_files
    ADD CONSTRAINT pk_announcement_files PRIMARY KEY (announcement_id);
ALTER TABLE ONLY public.announcements
    ADD CONSTRAINT pk_announcements PRIMARY KEY (announcement_id);
ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT pk_audit_log PRIMARY KEY (entry);
ALTER TABLE ONLY public.buttons
    ADD CONSTRAINT pk_buttons PRIMARY KEY (token);
ALTER TABLE ONLY public.corrected_copies
    ADD CONSTRAINT pk_corrected_copies PRIMARY KEY (correction_id, chat_id);
ALTER TABLE ONLY public.corrections
    ADD CONSTRAINT pk_corrections PRIMARY KEY (correction_id);
ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT pk_deliveries PRIMARY KEY (occurrence_id, chat_id);
ALTER TABLE ONLY public.dialogues
    ADD CONSTRAINT pk_dialogues PRIMARY KEY (visitor_id);
ALTER TABLE ONLY public.embeddings
    ADD CONSTRAINT pk_embeddings PRIMARY KEY (identity, text_hash);
ALTER TABLE ONLY public.feedback
    ADD CONSTRAINT pk_feedback PRIMARY KEY (turn_id, visitor_id);
ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT pk_inbox PRIMARY KEY (update_id);
ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT pk_invitations PRIMARY KEY (token_hash);
ALTER TABLE ONLY public.knowledge_documents
    ADD CONSTRAINT pk_knowledge_documents PRIMARY KEY (content_hash);
ALTER TABLE ONLY public.leases
    ADD CONSTRAINT pk_leases PRIMARY KEY (name);
ALTER TABLE ONLY public.manifest_documents
    ADD CONSTRAINT pk_manifest_documents PRIMARY KEY (generation, locale, path);
ALTER TABLE ONLY public.manifest_generations
    ADD CONSTRAINT pk_manifest_generations PRIMARY KEY (number);
ALTER TABLE ONLY public.marks
    ADD CONSTRAINT pk_marks PRIMARY KEY (name);
ALTER TABLE ONLY public.model_use
    ADD CONSTRAINT pk_model_use PRIMARY KEY (scope);
ALTER TABLE ONLY public.model_use_by_visitor
    ADD CONSTRAINT pk_model_use_by_visitor PRIMARY KEY (visitor_id, day);
ALTER TABLE ONLY public.occurrences
    ADD CONSTRAINT pk_occurrences PRIMARY KEY (occurrence_id);
ALTER TABLE ONLY public.organisers
    ADD CONSTRAINT pk_organisers PRIMARY KEY (visitor_id, role);
ALTER TABLE ONLY public.requests
    ADD CONSTRAINT pk_requests PRIMARY KEY (request_id);
ALTER TABLE ONLY public.subscription_topics
    ADD CONSTRAINT pk_subscription_topics PRIMARY KEY (chat_id, topic);
ALTER TABLE ONLY public.subscriptions
    ADD CONSTRAINT pk_subscriptions PRIMARY KEY (seq);
ALTER TABLE ONLY public.turns
    ADD CONSTRAINT pk_turns PRIMARY KEY (turn_id);
ALTER TABLE ONLY public.visitors
    ADD CONSTRAINT pk_visitors PRIMARY KEY (visitor_id);
CREATE INDEX ix_announcements_created_at ON public.announcements USING btree (created_at);
CREATE UNIQUE INDEX ix_announcements_request_key ON public.announcements USING btree (request_key);
CREATE INDEX ix_announcements_stage_next_due_at ON public.announcements USING btree (stage, next_due_at);
CREATE INDEX ix_audit_log_subject ON public.audit_log USING btree (subject);
CREATE INDEX ix_buttons_chat_id ON public.buttons USING btree (chat_id);
CREATE INDEX ix_buttons_expires_at ON public.buttons USING btree (expires_at);
CREATE INDEX ix_buttons_visitor_id ON public.buttons USING btree (visitor_id);
CREATE INDEX ix_corrected_copies_state_correction_id ON public.corrected_copies USING btree (state, correction_id);
CREATE INDEX ix_deliveries_chat_id ON public.deliveries USING btree (chat_id);
CREATE INDEX ix_deliveries_occurrence_id_locale_state ON public.deliveries USING btree (occurrence_id, locale, state);
CREATE INDEX ix_deliveries_occurrence_id_state_not_before ON public.deliveries USING btree (occurrence_id, state, not_before);
CREATE INDEX ix_feedback_visitor_id ON public.feedback USING btree (visitor_id);
CREATE INDEX ix_inbox_lane ON public.inbox USING btree (lane);
CREATE INDEX ix_inbox_state_update_id ON public.inbox USING btree (state, update_id);
CREATE INDEX ix_manifest_documents_content_hash ON public.manifest_documents USING btree (content_hash);
CREATE INDEX ix_manifest_generations_state ON public.manifest_generations USING btree (state);
CREATE UNIQUE INDEX ix_occurrences_announcement_id_slot ON public.occurrences USING btree (announcement_id, slot);
CREATE INDEX ix_occurrences_state ON public.occurrences USING btree (state);
CREATE INDEX ix_requests_occurrence_id ON public.requests USING btree (occurrence_id);
CREATE UNIQUE INDEX ix_subscriptions_chat_id ON public.subscriptions USING btree (chat_id);
CREATE INDEX ix_turns_asked_at ON public.turns USING btree (asked_at);
CREATE INDEX ix_turns_chat_id_visitor_id_asked_at ON public.turns USING btree (chat_id, visitor_id, asked_at);
CREATE INDEX ix_turns_visitor_id ON public.turns USING btree (visitor_id);
ALTER TABLE ONLY public.announcement_files
    ADD CONSTRAINT fk_announcement_files_announcement_id FOREIGN KEY (announcement_id) REFERENCES public.announcements(announcement_id) ON DELETE CASCADE;
ALTER TABLE ONLY public.corrected_copies
    ADD CONSTRAINT fk_corrected_copies_correction_id FOREIGN KEY (correction_id) REFERENCES public.corrections(correction_id) ON DELETE CASCADE;
ALTER TABLE ONLY public.corrections
    ADD CONSTRAINT fk_corrections_occurrence_id FOREIGN KEY (occurrence_id) REFERENCES public.occurrences(occurrence_id) ON DELETE CASCADE;
ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT fk_deliveries_occurrence_id FOREIGN KEY (occurrence_id) REFERENCES public.occurrences(occurrence_id) ON DELETE CASCADE;
ALTER TABLE ONLY public.feedback
    ADD CONSTRAINT fk_feedback_turn_id FOREIGN KEY (turn_id) REFERENCES public.turns(turn_id) ON DELETE CASCADE;
ALTER TABLE ONLY public.manifest_documents
    ADD CONSTRAINT fk_manifest_documents_generation FOREIGN KEY (generation) REFERENCES public.manifest_generations(number) ON DELETE CASCADE;
ALTER TABLE ONLY public.occurrences
    ADD CONSTRAINT fk_occurrences_announcement_id FOREIGN KEY (announcement_id) REFERENCES public.announcements(announcement_id);
ALTER TABLE ONLY public.requests
    ADD CONSTRAINT fk_requests_occurrence_id FOREIGN KEY (occurrence_id) REFERENCES public.occurrences(occurrence_id) ON DELETE CASCADE;
ALTER TABLE ONLY public.subscription_topics
    ADD CONSTRAINT fk_subscription_topics_chat_id FOREIGN KEY (chat_id) REFERENCES public.subscriptions(chat_id) ON DELETE CASCADE;
