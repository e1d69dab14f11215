BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO alembic_version (version_num) VALUES('0006');
CREATE TABLE announcement_files (
	announcement_id VARCHAR(16) NOT NULL,
	kind VARCHAR(16) NOT NULL,
	filename TEXT NOT NULL,
	content BLOB NOT NULL,
	file_id VARCHAR(255) NOT NULL,
	CONSTRAINT pk_announcement_files PRIMARY KEY (announcement_id),
	CONSTRAINT fk_announcement_files_announcement_id FOREIGN KEY(announcement_id) REFERENCES announcements (announcement_id) ON DELETE CASCADE
);
INSERT INTO announcement_files (announcement_id, kind, filename, content, file_id) VALUES('forum','photo','plan ü.png',X'000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F404142434445464748494A4B4C4D4E4F505152535455565758595A5B5C5D5E5F606162636465666768696A6B6C6D6E6F707172737475767778797A7B7C7D7E7F808182838485868788898A8B8C8D8E8F909192939495969798999A9B9C9D9E9FA0A1A2A3A4A5A6A7A8A9AAABACADAEAFB0B1B2B3B4B5B6B7B8B9BABBBCBDBEBFC0C1C2C3C4C5C6C7C8C9CACBCCCDCECFD0D1D2D3D4D5D6D7D8D9DADBDCDDDEDFE0E1E2E3E4E5E6E7E8E9EAEBECEDEEEFF0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF','');
CREATE TABLE announcements (
	announcement_id VARCHAR(16) NOT NULL,
	request_key VARCHAR(128) NOT NULL,
	stage VARCHAR(16) NOT NULL,
	version INTEGER NOT NULL,
	next_due_at DATETIME,
	created_at DATETIME NOT NULL,
	body TEXT NOT NULL,
	CONSTRAINT pk_announcements PRIMARY KEY (announcement_id)
);
INSERT INTO announcements (announcement_id, request_key, stage, version, next_due_at, created_at, body) VALUES('forum','update 4711','approved',1,'2026-05-04 09:30:00.123456','2026-05-04 08:30:00.123456','{"announcement_id":"forum","label":"Forum","topic":"forum","content":{"source":"en","texts":{"en":"The forum begins at {start}.","ru":"Форум начинается {start}."},"made_from":{},"moments":{},"attachment":null,"buttons":[]},"audience":{"locales":[],"topics":[],"countries":[],"roles":[],"chats":[],"without":[]},"schedule":{"timing":"once","zone":"UTC","at":"2026-05-04T09:30:00.123456","cron":"","until":null},"terms":{"valid_for":null,"lateness":"send_late","policy":"at_most_once","quiet_hours":"hold","missing_language":"hold","fallback":null,"is_silent":false,"is_paid":false},"stage":"approved","author":1,"created_at":"2026-05-04T08:30:00.123456Z","version":1,"return_reason":"","approver":null,"approved_at":null,"is_emergency":false,"next_due_at":"2026-05-04T09:30:00.123456Z","pause_reason":"","body_hashes":{"en":"ad7f0c074ac880d8d46de5b8c6bf6bf4","ru":"a5a547f99dc4afa11bff07d0011ba3c5"}}');
INSERT INTO announcements (announcement_id, request_key, stage, version, next_due_at, created_at, body) VALUES('later','update 4712','approved',1,'2034-07-21 09:30:00.123456','2034-07-21 08:30:00.123456','{"announcement_id":"later","label":"Later","topic":"forum","content":{"source":"en","texts":{"en":"Later."},"made_from":{},"moments":{},"attachment":null,"buttons":[]},"audience":{"locales":[],"topics":[],"countries":[],"roles":[],"chats":[],"without":[]},"schedule":{"timing":"once","zone":"UTC","at":"2034-07-21T09:30:00.123456","cron":"","until":null},"terms":{"valid_for":null,"lateness":"send_late","policy":"at_most_once","quiet_hours":"hold","missing_language":"hold","fallback":null,"is_silent":false,"is_paid":false},"stage":"approved","author":1,"created_at":"2034-07-21T08:30:00.123456Z","version":1,"return_reason":"","approver":null,"approved_at":null,"is_emergency":false,"next_due_at":"2034-07-21T09:30:00.123456Z","pause_reason":"","body_hashes":{"en":"68ca15b51b92852248857462017039fe"}}');
CREATE TABLE audit_log (
	entry INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	at DATETIME NOT NULL,
	actor BIGINT,
	action VARCHAR(64) NOT NULL,
	subject VARCHAR(64) NOT NULL,
	detail TEXT NOT NULL
);
INSERT INTO audit_log (entry, at, actor, action, subject, detail) VALUES(1,'2026-05-04 09:30:00.123456',123456789,'role_granted','987654321','approver');
INSERT INTO audit_log (entry, at, actor, action, subject, detail) VALUES(2,'2026-05-04 00:00:00.000000',NULL,'announce_denied','2026-05-04','1');
CREATE TABLE buttons (
	token VARCHAR(64) NOT NULL,
	chat_id BIGINT NOT NULL,
	visitor_id BIGINT,
	action VARCHAR(32) NOT NULL,
	argument TEXT NOT NULL,
	expires_at DATETIME NOT NULL,
	single_use BOOLEAN NOT NULL,
	used_at DATETIME,
	CONSTRAINT pk_buttons PRIMARY KEY (token)
);
INSERT INTO buttons (token, chat_id, visitor_id, action, argument, expires_at, single_use, used_at) VALUES('token-one',7000000001,7000000001,'language','t1','2034-07-21 09:30:00.123456',1,NULL);
CREATE TABLE corrected_copies (
	correction_id VARCHAR(64) NOT NULL,
	chat_id BIGINT NOT NULL,
	state VARCHAR(16) NOT NULL,
	CONSTRAINT pk_corrected_copies PRIMARY KEY (correction_id, chat_id),
	CONSTRAINT fk_corrected_copies_correction_id FOREIGN KEY(correction_id) REFERENCES corrections (correction_id) ON DELETE CASCADE
);
INSERT INTO corrected_copies (correction_id, chat_id, state) VALUES('c1',7000000001,'planned');
CREATE TABLE corrections (
	correction_id VARCHAR(64) NOT NULL,
	occurrence_id VARCHAR(64) NOT NULL,
	kind VARCHAR(16) NOT NULL,
	texts TEXT NOT NULL,
	asked_by BIGINT NOT NULL,
	asked_at DATETIME NOT NULL,
	CONSTRAINT pk_corrections PRIMARY KEY (correction_id),
	CONSTRAINT fk_corrections_occurrence_id FOREIGN KEY(occurrence_id) REFERENCES occurrences (occurrence_id) ON DELETE CASCADE
);
INSERT INTO corrections (correction_id, occurrence_id, kind, texts, asked_by, asked_at) VALUES('c1','forum.2026-05-04T09:30','edit','{"en": "At eleven."}',123456789,'2026-05-04 09:30:00.123456');
CREATE TABLE deliveries (
	occurrence_id VARCHAR(64) NOT NULL,
	chat_id BIGINT NOT NULL,
	locale VARCHAR(16) NOT NULL,
	zone VARCHAR(64) NOT NULL,
	state VARCHAR(16) NOT NULL,
	body_hash VARCHAR(64) NOT NULL,
	not_before DATETIME NOT NULL,
	attempt INTEGER NOT NULL,
	epoch BIGINT NOT NULL,
	message_id BIGINT,
	may_repeat BOOLEAN NOT NULL,
	crashes INTEGER NOT NULL,
	reason VARCHAR(64) NOT NULL,
	changed_at DATETIME NOT NULL,
	CONSTRAINT pk_deliveries PRIMARY KEY (occurrence_id, chat_id),
	CONSTRAINT fk_deliveries_occurrence_id FOREIGN KEY(occurrence_id) REFERENCES occurrences (occurrence_id) ON DELETE CASCADE
);
INSERT INTO deliveries (occurrence_id, chat_id, locale, zone, state, body_hash, not_before, attempt, epoch, message_id, may_repeat, crashes, reason, changed_at) VALUES('forum.2026-05-04T09:30',7000000001,'en','Asia/Bishkek','sent','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','2026-05-04 09:30:00.123456',1,1,77,0,0,'','2026-05-04 09:30:00.123456');
INSERT INTO deliveries (occurrence_id, chat_id, locale, zone, state, body_hash, not_before, attempt, epoch, message_id, may_repeat, crashes, reason, changed_at) VALUES('forum.2026-05-04T09:30',7000000002,'en','Asia/Bishkek','sending','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','2026-05-04 09:30:00.123456',1,1,NULL,0,0,'','2026-05-04 09:30:00.123456');
INSERT INTO deliveries (occurrence_id, chat_id, locale, zone, state, body_hash, not_before, attempt, epoch, message_id, may_repeat, crashes, reason, changed_at) VALUES('forum.2026-05-04T09:30',7000000003,'en','Asia/Bishkek','planned','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','2026-05-04 09:30:00.123456',0,0,NULL,0,0,'','1970-01-01 00:00:00.000000');
CREATE TABLE dialogues (
	visitor_id BIGINT NOT NULL,
	kind VARCHAR(32) NOT NULL,
	state TEXT NOT NULL,
	changed_at DATETIME NOT NULL,
	CONSTRAINT pk_dialogues PRIMARY KEY (visitor_id)
);
INSERT INTO dialogues (visitor_id, kind, state, changed_at) VALUES(123456789,'compose','{"step": "text", "ü": "文"}','2026-05-04 09:30:00.123456');
CREATE TABLE embeddings (
	identity VARCHAR(255) NOT NULL,
	text_hash VARCHAR(64) NOT NULL,
	vector BLOB NOT NULL,
	CONSTRAINT pk_embeddings PRIMARY KEY (identity, text_hash)
);
INSERT INTO embeddings (identity, text_hash, vector) VALUES('e5','0000000000000000000000000000000000000000000000000000000000000000',X'00000000000000000000000000000000');
INSERT INTO embeddings (identity, text_hash, vector) VALUES('e5','0000000000000000000000000000000000000000000000000000000000000001',X'0000003E0000003E0000003E0000003E');
INSERT INTO embeddings (identity, text_hash, vector) VALUES('e5','0000000000000000000000000000000000000000000000000000000000000002',X'0000803E0000803E0000803E0000803E');
CREATE TABLE feedback (
	turn_id VARCHAR(64) NOT NULL,
	visitor_id BIGINT NOT NULL,
	opinion VARCHAR(16) NOT NULL,
	given_at DATETIME NOT NULL,
	CONSTRAINT pk_feedback PRIMARY KEY (turn_id, visitor_id),
	CONSTRAINT fk_feedback_turn_id FOREIGN KEY(turn_id) REFERENCES turns (turn_id) ON DELETE CASCADE
);
INSERT INTO feedback (turn_id, visitor_id, opinion, given_at) VALUES('t1',7000000001,'helpful','2026-05-04 09:30:00.123456');
CREATE TABLE inbox (
	update_id BIGINT NOT NULL,
	lane BIGINT NOT NULL,
	payload TEXT NOT NULL,
	received_at DATETIME NOT NULL,
	attempts INTEGER NOT NULL,
	state VARCHAR(16) NOT NULL,
	handled_at DATETIME,
	CONSTRAINT pk_inbox PRIMARY KEY (update_id)
);
INSERT INTO inbox (update_id, lane, payload, received_at, attempts, state, handled_at) VALUES(501,0,'','2026-05-04 09:30:00.123456',0,'done','2026-05-04 09:30:00.123456');
INSERT INTO inbox (update_id, lane, payload, received_at, attempts, state, handled_at) VALUES(502,7000000001,'{"update_id": 502, "text": "Где парк? \u0000"}','2026-05-04 09:30:00.123456',0,'pending',NULL);
INSERT INTO inbox (update_id, lane, payload, received_at, attempts, state, handled_at) VALUES(503,7000000001,'{"update_id": 503, "text": "Где парк? \u0000"}','2026-05-04 09:30:00.123456',0,'pending',NULL);
CREATE TABLE invitations (
	token_hash VARCHAR(64) NOT NULL,
	role VARCHAR(16) NOT NULL,
	created_by BIGINT NOT NULL,
	expires_at DATETIME NOT NULL,
	used_by BIGINT, decided_at DATETIME,
	CONSTRAINT pk_invitations PRIMARY KEY (token_hash)
);
INSERT INTO invitations (token_hash, role, created_by, expires_at, used_by, decided_at) VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','author',123456789,'2034-07-21 09:30:00.123456',NULL,NULL);
CREATE TABLE knowledge_documents (
	content_hash VARCHAR(64) NOT NULL,
	body TEXT NOT NULL,
	CONSTRAINT pk_knowledge_documents PRIMARY KEY (content_hash)
);
INSERT INTO knowledge_documents (content_hash, body) VALUES('en-1','{"path":"expo/halls.md","locale":"en","title":"Title of expo/halls.md","topic":"expo","sections":[{"section_id":"where","heading":"Where","text":"The halls are in Qingdao, edition 1.","questions":[],"source":{"publisher":"Xinhua","title":"A page","url":"https://example.org/page","date":"2026-01-19"},"as_of":"2026-01-19","valid_from":null,"valid_until":null,"line":1}],"content_hash":"en-1","audience":"public","answerable":true,"reply":null,"owner":""}');
INSERT INTO knowledge_documents (content_hash, body) VALUES('zh-0','{"path":"expo/halls.md","locale":"zh","title":"Title of expo/halls.md","topic":"expo","sections":[{"section_id":"where","heading":"Where","text":"展馆在青岛。","questions":[],"source":{"publisher":"Xinhua","title":"A page","url":"https://example.org/page","date":"2026-01-19"},"as_of":"2026-01-19","valid_from":null,"valid_until":null,"line":1}],"content_hash":"zh-0","audience":"public","answerable":true,"reply":null,"owner":""}');
INSERT INTO knowledge_documents (content_hash, body) VALUES('en-2','{"path":"expo/halls.md","locale":"en","title":"Title of expo/halls.md","topic":"expo","sections":[{"section_id":"where","heading":"Where","text":"The halls are in Qingdao, edition 2.","questions":[],"source":{"publisher":"Xinhua","title":"A page","url":"https://example.org/page","date":"2026-01-19"},"as_of":"2026-01-19","valid_from":null,"valid_until":null,"line":1}],"content_hash":"en-2","audience":"public","answerable":true,"reply":null,"owner":""}');
CREATE TABLE leases (
	name VARCHAR(32) NOT NULL,
	epoch BIGINT NOT NULL,
	holder VARCHAR(128) NOT NULL,
	expires_at DATETIME NOT NULL,
	CONSTRAINT pk_leases PRIMARY KEY (name)
);
INSERT INTO leases (name, epoch, holder, expires_at) VALUES('dispatcher',1,'machine 1','2026-05-04 09:30:30.123456');
CREATE TABLE "manifest_documents" (
	generation INTEGER NOT NULL,
	locale VARCHAR(16) NOT NULL,
	path TEXT NOT NULL,
	content_hash VARCHAR(64) NOT NULL,
	CONSTRAINT pk_manifest_documents PRIMARY KEY (generation, locale, path),
	CONSTRAINT fk_manifest_documents_generation FOREIGN KEY(generation) REFERENCES manifest_generations (number) ON DELETE CASCADE
);
INSERT INTO manifest_documents (generation, locale, path, content_hash) VALUES(1,'en','expo/halls.md','en-1');
INSERT INTO manifest_documents (generation, locale, path, content_hash) VALUES(1,'zh','expo/halls.md','zh-0');
INSERT INTO manifest_documents (generation, locale, path, content_hash) VALUES(2,'en','expo/halls.md','en-2');
INSERT INTO manifest_documents (generation, locale, path, content_hash) VALUES(2,'zh','expo/halls.md','zh-0');
CREATE TABLE manifest_generations (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	state VARCHAR(16) NOT NULL,
	embedding_identity VARCHAR(255) NOT NULL,
	documents INTEGER NOT NULL,
	chunks INTEGER NOT NULL,
	fingerprint VARCHAR(64) NOT NULL,
	means BLOB NOT NULL,
	created_at DATETIME DEFAULT CURRENT_TIMESTAMP NOT NULL,
	published_at DATETIME
, pending INTEGER DEFAULT '0' NOT NULL);
INSERT INTO manifest_generations (number, state, embedding_identity, documents, chunks, fingerprint, means, created_at, published_at, pending) VALUES(1,'retired','e5',2,4,'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',X'504B03042D000000000000002100C1C6A33CFFFFFFFFFFFFFFFF0A0014006D65747269632E6E70790100100090000000000000009000000000000000934E554D5059010076007B276465736372273A20273C6634272C2027666F727472616E5F6F72646572273A2046616C73652C20277368617065273A2028322C2032292C207D202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020200A0000803F00000000000000000000803F504B03042D000000000000002100E06A5105FFFFFFFFFFFFFFFF0A001400636F756E74732E6E70790100100090000000000000009000000000000000934E554D5059010076007B276465736372273A20273C6938272C2027666F727472616E5F6F72646572273A2046616C73652C20277368617065273A2028322C292C207D2020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020200A00000000000000000000000000000000504B01022D032D000000000000002100C1C6A33C90000000900000000A00000000000000000000008001000000006D65747269632E6E7079504B01022D032D000000000000002100E06A510590000000900000000A00000000000000000000008001CC000000636F756E74732E6E7079504B0506000000000200020070000000980100000000','2026-11-29 07:10:57','2026-05-04 09:31:00.123456',0);
INSERT INTO manifest_generations (number, state, embedding_identity, documents, chunks, fingerprint, means, created_at, published_at, pending) VALUES(2,'published','e5',2,4,'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',X'504B03042D000000000000002100C1C6A33CFFFFFFFFFFFFFFFF0A0014006D65747269632E6E70790100100090000000000000009000000000000000934E554D5059010076007B276465736372273A20273C6634272C2027666F727472616E5F6F72646572273A2046616C73652C20277368617065273A2028322C2032292C207D202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020200A0000803F00000000000000000000803F504B03042D000000000000002100E06A5105FFFFFFFFFFFFFFFF0A001400636F756E74732E6E70790100100090000000000000009000000000000000934E554D5059010076007B276465736372273A20273C6938272C2027666F727472616E5F6F72646572273A2046616C73652C20277368617065273A2028322C292C207D2020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020200A00000000000000000000000000000000504B01022D032D000000000000002100C1C6A33C90000000900000000A00000000000000000000008001000000006D65747269632E6E7079504B01022D032D000000000000002100E06A510590000000900000000A00000000000000000000008001CC000000636F756E74732E6E7079504B0506000000000200020070000000980100000000','2026-11-29 07:10:57','2026-05-04 09:32:00.123456',0);
CREATE TABLE marks (
	name VARCHAR(32) NOT NULL,
	value BIGINT NOT NULL,
	CONSTRAINT pk_marks PRIMARY KEY (name)
);
INSERT INTO marks (name, value) VALUES('bot',4711);
INSERT INTO marks (name, value) VALUES('bot_server',0);
INSERT INTO marks (name, value) VALUES('installation',4143751845604700650);
INSERT INTO marks (name, value) VALUES('high_water',2);
CREATE TABLE model_use (
	scope VARCHAR(16) NOT NULL,
	tokens INTEGER NOT NULL,
	prompt_tokens INTEGER NOT NULL,
	completion_tokens INTEGER NOT NULL,
	CONSTRAINT pk_model_use PRIMARY KEY (scope)
);
INSERT INTO model_use (scope, tokens, prompt_tokens, completion_tokens) VALUES('all',623,500,123);
INSERT INTO model_use (scope, tokens, prompt_tokens, completion_tokens) VALUES('2026-05-04',623,500,123);
CREATE TABLE model_use_by_visitor (
	visitor_id BIGINT NOT NULL,
	day VARCHAR(10) NOT NULL,
	tokens INTEGER NOT NULL,
	CONSTRAINT pk_model_use_by_visitor PRIMARY KEY (visitor_id, day)
);
INSERT INTO model_use_by_visitor (visitor_id, day, tokens) VALUES(7000000001,'2026-05-04',623);
CREATE TABLE occurrences (
	occurrence_id VARCHAR(64) NOT NULL,
	announcement_id VARCHAR(16) NOT NULL,
	slot VARCHAR(32) NOT NULL,
	due_at DATETIME NOT NULL,
	valid_until DATETIME,
	state VARCHAR(16) NOT NULL,
	created_at DATETIME NOT NULL,
	snapshot BIGINT NOT NULL,
	planned_through BIGINT,
	audience INTEGER NOT NULL,
	finished_at DATETIME,
	pause_reason VARCHAR(64) NOT NULL,
	CONSTRAINT pk_occurrences PRIMARY KEY (occurrence_id),
	CONSTRAINT fk_occurrences_announcement_id FOREIGN KEY(announcement_id) REFERENCES announcements (announcement_id)
);
INSERT INTO occurrences (occurrence_id, announcement_id, slot, due_at, valid_until, state, created_at, snapshot, planned_through, audience, finished_at, pause_reason) VALUES('forum.2026-05-04T09:30','forum','2026-05-04T09:30','2026-05-04 09:30:00.123456','2026-05-04 15:30:00.123456','running','2026-05-04 09:30:00.123456',4,NULL,3,NULL,'');
CREATE TABLE organisers (
	visitor_id BIGINT NOT NULL,
	role VARCHAR(16) NOT NULL,
	granted_by BIGINT,
	granted_at DATETIME NOT NULL,
	CONSTRAINT pk_organisers PRIMARY KEY (visitor_id, role)
);
INSERT INTO organisers (visitor_id, role, granted_by, granted_at) VALUES(123456789,'owner',NULL,'2026-05-04 09:30:00.123456');
INSERT INTO organisers (visitor_id, role, granted_by, granted_at) VALUES(987654321,'approver',123456789,'2026-05-04 09:30:00.123456');
CREATE TABLE requests (
	request_id VARCHAR(16) NOT NULL,
	occurrence_id VARCHAR(64) NOT NULL,
	kind VARCHAR(16) NOT NULL,
	texts TEXT NOT NULL,
	replaces TEXT NOT NULL,
	copies INTEGER NOT NULL,
	asked_by BIGINT NOT NULL,
	asked_at DATETIME NOT NULL,
	state VARCHAR(16) NOT NULL,
	decided_by BIGINT,
	decided_at DATETIME,
	CONSTRAINT pk_requests PRIMARY KEY (request_id),
	CONSTRAINT fk_requests_occurrence_id FOREIGN KEY(occurrence_id) REFERENCES occurrences (occurrence_id) ON DELETE CASCADE
);
INSERT INTO requests (request_id, occurrence_id, kind, texts, replaces, copies, asked_by, asked_at, state, decided_by, decided_at) VALUES('r1','forum.2026-05-04T09:30','correct','{"en": "At twelve."}','{"en": "At eleven."}',1,987654321,'2026-05-04 09:30:00.123456','open',NULL,NULL);
CREATE TABLE subscription_topics (
	chat_id BIGINT NOT NULL,
	topic VARCHAR(16) NOT NULL,
	CONSTRAINT pk_subscription_topics PRIMARY KEY (chat_id, topic),
	CONSTRAINT fk_subscription_topics_chat_id FOREIGN KEY(chat_id) REFERENCES subscriptions (chat_id) ON DELETE CASCADE
);
INSERT INTO subscription_topics (chat_id, topic) VALUES(7000000001,'expo');
INSERT INTO subscription_topics (chat_id, topic) VALUES(7000000001,'forum');
INSERT INTO subscription_topics (chat_id, topic) VALUES(7000000002,'area');
INSERT INTO subscription_topics (chat_id, topic) VALUES(7000000002,'expo');
INSERT INTO subscription_topics (chat_id, topic) VALUES(7000000002,'forum');
INSERT INTO subscription_topics (chat_id, topic) VALUES(7000000003,'expo');
INSERT INTO subscription_topics (chat_id, topic) VALUES(7000000003,'forum');
CREATE TABLE subscriptions (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	chat_id BIGINT NOT NULL,
	agreed_at DATETIME,
	asked_at DATETIME,
	locale VARCHAR(16),
	zone VARCHAR(64) NOT NULL,
	country VARCHAR(2) NOT NULL,
	quiet_from TIME,
	quiet_until TIME
);
INSERT INTO subscriptions (seq, chat_id, agreed_at, asked_at, locale, zone, country, quiet_from, quiet_until) VALUES(1,7000000001,'2026-05-04 09:30:00.123456',NULL,NULL,'Asia/Bishkek','KG','22:30:00.000000','07:00:00.000000');
INSERT INTO subscriptions (seq, chat_id, agreed_at, asked_at, locale, zone, country, quiet_from, quiet_until) VALUES(2,7000000002,'2026-05-04 09:30:00.123456',NULL,'en','','',NULL,NULL);
INSERT INTO subscriptions (seq, chat_id, agreed_at, asked_at, locale, zone, country, quiet_from, quiet_until) VALUES(3,7000000003,'2026-05-04 09:30:00.123456',NULL,NULL,'','',NULL,NULL);
INSERT INTO subscriptions (seq, chat_id, agreed_at, asked_at, locale, zone, country, quiet_from, quiet_until) VALUES(4,-1001234567890,NULL,NULL,'en','','',NULL,NULL);
CREATE TABLE turns (
	turn_id VARCHAR(64) NOT NULL,
	chat_id BIGINT NOT NULL,
	visitor_id BIGINT NOT NULL,
	asked_at DATETIME NOT NULL,
	question TEXT NOT NULL,
	locale VARCHAR(16) NOT NULL,
	outcome VARCHAR(32) NOT NULL,
	score FLOAT NOT NULL,
	keys TEXT NOT NULL,
	took_ms FLOAT NOT NULL, composed BOOLEAN, generation INTEGER,
	CONSTRAINT pk_turns PRIMARY KEY (turn_id)
);
INSERT INTO turns (turn_id, chat_id, visitor_id, asked_at, question, locale, outcome, score, keys, took_ms, composed, generation) VALUES('t1',7000000001,7000000001,'2026-05-04 09:30:00.123456','Где парк?0000','ru','answered',0.875,'["expo/halls.md#where"]',20.5,1,1);
INSERT INTO turns (turn_id, chat_id, visitor_id, asked_at, question, locale, outcome, score, keys, took_ms, composed, generation) VALUES('t2',7000000003,7000000003,'2026-05-04 09:30:00.123456','园区在哪里','zh','unknown',0.1,'[]',7.25,0,0);
CREATE TABLE visitors (
	visitor_id BIGINT NOT NULL,
	first_seen_at DATETIME NOT NULL,
	last_seen_at DATETIME NOT NULL,
	chosen VARCHAR(16),
	app_locale VARCHAR(16),
	is_reachable BOOLEAN NOT NULL,
	CONSTRAINT pk_visitors PRIMARY KEY (visitor_id)
);
INSERT INTO visitors (visitor_id, first_seen_at, last_seen_at, chosen, app_locale, is_reachable) VALUES(7000000001,'2026-05-04 09:30:00.123456','2026-05-04 09:31:00.123456','ru','ky',1);
INSERT INTO visitors (visitor_id, first_seen_at, last_seen_at, chosen, app_locale, is_reachable) VALUES(7000000002,'2026-05-04 09:30:00.123456','2026-05-04 09:30:00.123456',NULL,'en',0);
INSERT INTO visitors (visitor_id, first_seen_at, last_seen_at, chosen, app_locale, is_reachable) VALUES(7000000003,'2026-05-04 09:30:00.123456','2026-05-04 09:30:00.123456',NULL,'zh',1);
CREATE INDEX ix_inbox_lane ON inbox (lane);
CREATE INDEX ix_inbox_state_update_id ON inbox (state, update_id);
CREATE INDEX ix_buttons_chat_id ON buttons (chat_id);
CREATE INDEX ix_buttons_visitor_id ON buttons (visitor_id);
CREATE INDEX ix_buttons_expires_at ON buttons (expires_at);
CREATE INDEX ix_turns_visitor_id ON turns (visitor_id);
CREATE INDEX ix_turns_asked_at ON turns (asked_at);
CREATE INDEX ix_turns_chat_id_visitor_id_asked_at ON turns (chat_id, visitor_id, asked_at);
CREATE INDEX ix_feedback_visitor_id ON feedback (visitor_id);
CREATE INDEX ix_manifest_generations_state ON manifest_generations (state);
CREATE UNIQUE INDEX ix_subscriptions_chat_id ON subscriptions (chat_id);
CREATE INDEX ix_audit_log_subject ON audit_log (subject);
CREATE INDEX ix_announcements_created_at ON announcements (created_at);
CREATE UNIQUE INDEX ix_announcements_request_key ON announcements (request_key);
CREATE INDEX ix_announcements_stage_next_due_at ON announcements (stage, next_due_at);
CREATE UNIQUE INDEX ix_occurrences_announcement_id_slot ON occurrences (announcement_id, slot);
CREATE INDEX ix_occurrences_state ON occurrences (state);
CREATE INDEX ix_deliveries_chat_id ON deliveries (chat_id);
CREATE INDEX ix_deliveries_occurrence_id_locale_state ON deliveries (occurrence_id, locale, state);
CREATE INDEX ix_deliveries_occurrence_id_state_not_before ON deliveries (occurrence_id, state, not_before);
CREATE INDEX ix_corrected_copies_state_correction_id ON corrected_copies (state, correction_id);
CREATE INDEX ix_manifest_documents_content_hash ON manifest_documents (content_hash);
CREATE INDEX ix_requests_occurrence_id ON requests (occurrence_id);
DELETE FROM "sqlite_sequence";
INSERT INTO sqlite_sequence (name, seq) VALUES('manifest_generations',2);
INSERT INTO sqlite_sequence (name, seq) VALUES('subscriptions',4);
INSERT INTO sqlite_sequence (name, seq) VALUES('audit_log',2);
COMMIT;
