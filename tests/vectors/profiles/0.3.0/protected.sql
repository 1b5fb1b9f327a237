CREATE TABLE agreed (
    base   BLOB PRIMARY KEY, -- tag
    prekey INTEGER NOT NULL
  ) STRICT;
CREATE TABLE classic_keys (
    number    INTEGER PRIMARY KEY,
    contact   BLOB NOT NULL,              -- tag
    key       BLOB NOT NULL UNIQUE,       -- tag of contact and key
    own       INTEGER NOT NULL,           -- 1: made here, 0: received
    sending   INTEGER NOT NULL DEFAULT 0, -- 1: what is sent now is encrypted with it
    last_used INTEGER NOT NULL DEFAULT 0, -- grows with each message it decrypted
    sealed    BLOB NOT NULL
  ) STRICT;
CREATE TABLE contacts (
    id     BLOB PRIMARY KEY,  -- tag
    name   BLOB NOT NULL,     -- tag
    alias  BLOB,              -- tag
    sealed BLOB NOT NULL
  ) STRICT;
CREATE TABLE envelopes (
    number  INTEGER PRIMARY KEY,  -- in the order of arrival
    message BLOB NOT NULL UNIQUE, -- tag of all that is known of it
    sender  BLOB NOT NULL,        -- tag
    filed   INTEGER NOT NULL,     -- 1: the content is in the folder incoming
    state   TEXT NOT NULL,        -- waiting, unreadable (no key fits yet), done
    sealed  BLOB NOT NULL,
    content BLOB                  -- sealed; NULL: in a file, or done
  ) STRICT;
CREATE TABLE history (
    number  INTEGER PRIMARY KEY,
    peer    BLOB NOT NULL,    -- tag
    content BLOB UNIQUE,      -- tag of peer and content ID; NULL for classic
    message BLOB,             -- tag of peer and message ID, of what was sent
    shown   INTEGER NOT NULL,
    sealed  BLOB NOT NULL
  ) STRICT;
CREATE TABLE identities (
    kind       INTEGER PRIMARY KEY,
    registered INTEGER NOT NULL, -- 0: a registration is under way
    sealed     BLOB NOT NULL
  ) STRICT;
CREATE TABLE keyring (
    one       INTEGER PRIMARY KEY CHECK (one = 1), -- there is but one
    protected INTEGER NOT NULL, -- 1: the key is under a passphrase, 0: it is in the clear
    key       BLOB NOT NULL,
    lasting   BLOB NOT NULL     -- sealed: the key of tags that stay when the data key changes
  ) STRICT;
CREATE TABLE marks (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    sealed BLOB NOT NULL
  ) STRICT;
CREATE TABLE outbox (
    number INTEGER PRIMARY KEY, -- in the order of sending
    sealed BLOB NOT NULL
  ) STRICT;
CREATE TABLE prekeys (
    id          INTEGER PRIMARY KEY,
    kind        INTEGER NOT NULL,
    made_at     INTEGER NOT NULL,
    replaced_at INTEGER,
    sealed      BLOB NOT NULL
  ) STRICT;
CREATE TABLE repairs (
    peer   BLOB PRIMARY KEY, -- tag
    sealed BLOB NOT NULL
  ) STRICT;
CREATE TABLE servers (
    address BLOB PRIMARY KEY, -- tag
    sealed  BLOB NOT NULL
  ) STRICT;
CREATE TABLE sessions (
    number INTEGER PRIMARY KEY,
    peer   BLOB NOT NULL,    -- tag
    used   INTEGER NOT NULL, -- grows with each use
    sealed BLOB NOT NULL
  ) STRICT;
CREATE TABLE transfers (
    number  INTEGER PRIMARY KEY, -- as users see it
    up      INTEGER NOT NULL,    -- 1: sent, 0: received
    state   TEXT NOT NULL,       -- waiting (announced), active, done, cancelled, failed
    settled INTEGER NOT NULL,    -- 1: nothing is left to be done with the server
    history INTEGER,             -- the number of its entry there
    sealed  BLOB NOT NULL
  ) STRICT;
CREATE INDEX classic_keys_by_contact ON classic_keys (contact);
CREATE INDEX contacts_by_alias ON contacts (alias) WHERE alias IS NOT NULL;
CREATE INDEX contacts_by_name ON contacts (name);
CREATE INDEX envelopes_by_state ON envelopes (state, number) WHERE state <> 'done';
CREATE INDEX history_by_message ON history (message) WHERE message IS NOT NULL;
CREATE INDEX history_by_peer ON history (peer, number);
CREATE INDEX history_unshown ON history (number) WHERE shown = 0;
CREATE INDEX sessions_by_peer ON sessions (peer, used);
CREATE INDEX transfers_by_history ON transfers (history) WHERE history IS NOT NULL;
CREATE INDEX transfers_open ON transfers (number) WHERE settled = 0;
INSERT INTO agreed VALUES (X'9eaac1425c17eef3eb48269bd5266843', 5);
INSERT INTO classic_keys VALUES (1, X'a201e1a11e31e0ad4568446318c65cc9', X'1e28f9c8bd9888b093cd03e86f831054', 1, 1, 0, X'516071c548b927b746706e0a3eea74092951447975fb91c4ebd96ab7e91614e50f23790dbd91095a562b202e73825a5034a45489e567738a82ce7223d3d7bbe0864f4b2166bd032218c161');
INSERT INTO contacts VALUES (X'dc14ff61caa392e9f6b52d726828adf3', X'73b42295fd6875bd17e7886e5de16801', X'c1a6cd15acd4c564df0ce28d022519f6', X'cb22be5ea6fe542b196d0b82b12cc4432870f80355173c100e3797e17faddb089dfd421bf014db4940cb7024518126e991911793273b2e2d53a1091c112f77371c6e331e3430ac78a75264546d84b8fa608090cac33f609754a06c14c1dac7848e0ff44401fb95fdb63da8ef9315e63dfa0493354d8db843ab087413cb24851b7bbcb8b9ac5c79a7542db40e45850db47baa1487721288a32b7c9a8b136cfbb5b04513041c4fdd74327458f45517314990fd846927c06dce23cdf4894c90ec0448db4ddf2942cb931cfe5565ffad4c8f9af3fd54cfaeb3a67d351a01c0777e672413f1014111690ef6c0222344531d9beb9025564eb07a224a9f2c57f519a5d803b5c1e5db79f66e39aac36c34');
INSERT INTO contacts VALUES (X'578fe6ad11ce25ee1d7300323919c929', X'7f4b562d73d86ee5d4c1db325a32dab3', NULL, X'84eb164f66e476b4c2c3bf09f5270d9024d3041917e0f85ef8dfee4c939c61cda131f888c7e6f87be8232edc8727c50c8bd1702a4ea56d7ec9edc79f4896618f85c7dc584a5ed64d9ce373f319df92bb3a05b312efe345');
INSERT INTO envelopes VALUES (1, X'297911a51dc40362c04f59e592321116', X'f388cc2ad942ea98fedb706e85e905e5', 0, 'waiting', X'9518396cca762dcc16b9efee0303ec9b329ee4eb08b4484713e883573e430bbecf32d6d2c718ae5d8b4c96e7e9ca8e723a66e5624e3030f44efe572cc74fd119609291b2dd409936849339021c829a1b0a79a6e42590247411198aafe2a3f0c8', X'5d1717995f337b1f02e4ed5e8215d157092625fd01e5a8111be98d86da362af36f3e9f7e85e59b151dddc46db43973d1');
INSERT INTO history VALUES (1, X'24c86ac5c9f54dcc0755d57c9128e8a8', X'4bde9cec51c85f88971bceb867257fca', NULL, 0, X'd927c55704f4dda014878517efaf20d90bd1069f77e21e5e70be6c9c7e64e9645b48717c35cc8ba8241d7cdafb901f89b0e215ab105e0c82191db8fa72e291760328e16cf74d62ba880550da754e7025f00a3114ab0bae99b40738822133ab4da5a900d111af05b49b3f38797fbddf4e48e9718d161114007047eaa7382bfa8f01c3d6caf2296b76b9a0e768794487c6c2');
INSERT INTO history VALUES (2, X'24c86ac5c9f54dcc0755d57c9128e8a8', NULL, X'31ec05f0e5658b0ba8fe043fad5df1cf', 1, X'3932c76bf88621a5c033c75522f328b0c56078b0d6a5de5912468e8330599eba758119193a7dd2c7306637bcc133b77c044dd4d52c62e138a2c0981414c7ed2a52ab7cf6038532656472a7f4b1a7e3ba6b2863c6f98bf91683c3371da92d0e34fa86e4f2ae9225d0ec2fb0c5d7cc00038689089158b2cbdd82bcab7d588ca09664c7d5479dbd68556f226d19');
INSERT INTO history VALUES (3, X'24c86ac5c9f54dcc0755d57c9128e8a8', X'5a93f66a8b502d277bd20d03f16a01f3', NULL, 0, X'1c00e0f26e20a9a62131863dbf1d91164a725e76b2773347cb88e17f2d727553b8586d1ffea09af2137bae17f3ed0f41972dcef938d2bf10d9c2c35dde6976d81f8651e1ea484466851e5b644e11b8b196421c132305e62f7794429a1f7f82f7f9ce13d2f25deaed19bfc4072429702f1b67d58afbbfd427713743dc380ac61b8c1226e8519afd20cc74c5fdee5495397f0ccb2360c83e9f32cc9aca454680081cdb9efd87df1ae8307a1d375a4a9f0cd8a7ad5f853af4daac041b145590e1fee2571ff712181f96598a8f13d6981f1a03d03be354910d56101f9c4702ee');
INSERT INTO identities VALUES (1, 1, X'95b596c9611b6a89a5a97895a4eb20cb1ab894bb295d74b9b5aea6fed11d358f3ea0515d683b4e242381058e0ce42ae972d0869f92e3580a865e30089d62f8e1af22c7cc21dc66dc737c31be40d3c7504c0d1523afbed2fc548e0d803d36f7f98b251dd173b32d5c350e0f6eed826a9029dc66fd7808ec23d46482494fed5c9cded4c11c2ef22f171c10a70b81d29b70ca83f59f6e653eef8273a2444403039b0e08692b2bb496dbd8d2d6cba3c7a8b865e73141801edbfa13797890f0091e663563882536ccedf808d16bf31c9e60fff83af5bc05b2327a3cd9445f814a90b68632d0cc511dfdafa54539084ee4ae928b418f11eb8322a7985b8ee98a6030e583c7a83e81458bc8b9c5b14a678c4d37bd1f4ab145e2f62f3c75ccfa047a16880f98c0a37db169a84d4a095e5a7401c7375bfbe953775a383e9206c56e894d98bcf3a392446b3d');
INSERT INTO keyring VALUES (1, 1, X'01110801644af754fba41aaea3fc5f25b75729e63736d1722d295e6c00c498a79836f9244e805a9e330950b756848a5749c9e6bc58bcee5f23d6815aae696e95c38f4560ec7c913b2dc904fd7f8176d0', X'3e2704c9a3021300106a99515587f2dfc6d1089c09214bf67cf37ebb70425c163acc3e3f24a40f5886a174bb5961a9a19234d08fe613fa3e5760f3f5');
INSERT INTO marks VALUES (1, X'df9c08f105cd1dce8df288dec39b6449033066770b3708aab138cd65b2e0a2bdc757739ea81340837939aeee338710c8141ae78494b25601841189d785df2a72dbef6b2902b90760cf5c044b0f9e49a7');
INSERT INTO outbox VALUES (1, X'd4b07fbe6f14545221b106e7bca420a2aae04e88f6e7403157fd39c978ca3682b026d4b971a8151dfa012a80739e43ec7b1f1280f42b47d3db2a24e4e50580fe76ca907be715802fca3ec0f44ec2bbab8946db98841ae5277706aacda9ae7e5abc9480e3667a6142bd8f4b76ebb29c2b');
INSERT INTO prekeys VALUES (0, 0, 0, NULL, X'5c997720b2a4583f4b33cac15129843c6242595141cc720ccba7b0c8cb42b8ac348da5641ff6');
INSERT INTO prekeys VALUES (5, 1, 1000, NULL, X'7d152c0c9a573791431b046038ec60053f71865fb776da28c141bf308629558fc7a186de8be0a0be5c276a3f58ce5187b935fb23a8c2be5acc0ea5');
INSERT INTO repairs VALUES (X'a75c578bc6719304e481dd9cca2c200b', X'10276e771b312e278b0ff6b7ff52e3c5bd4548c2ab031e43ca98089733be4ac7f3a9776ce35cdd6886fee080cae81be232fe33557a0614c6fa18d935760f3a41bc4e4fcb385c18e9685756b6a5dc88c24a749e4b05f845d25bb5b937db94a5d80ff7f14459c34539');
INSERT INTO servers VALUES (X'133a16fd0cd38853fc127ee14e98044f', X'b09d23d8d8b3c46f0edc4bd24b415709d185daaeb71d2a1dad5a65b526e9f001dfa7cb65af1712a15269b7dc90742a45808b60f7c6c0dba9829aa748fd0406327d460598a351e6d3c43d599dad86553b7aea823cdde132868f26ca4633bce7001d1a1b');
INSERT INTO sessions VALUES (1, X'e73b084bc1f7778e56e81273830db9e3', 1, X'b2ebfc699d59a06255329ee02cd635406c13562b79065dc5340edb2967fdb8fffd9f147364fefe4667d57d63d67ce4a8b95355e9df7ea25008b66e68dadf5eb7551843e4ddaa3743ba28');
INSERT INTO transfers VALUES (1, 0, 'waiting', 0, 3, X'b73370fce71935f131f255a1c62c52117e11b4119c8372cd07a15ea119901f8b1a0c790259ccefb09fc06372dae9148ac56451e9ca8ea861c8bcfec496ace564300f8e32f73d6675b75f49e7ad9b1d7079fe9b17f5d7ed34b4399759abc2d5971f7831216b6217acd4e5eaa73a33a68d7afcf7725921ff9ebc5633131ca1b52a269469b749adb390e67518a462f88530146e55dd85e3c73266034981cc11010eccc0d1d96decbd6cd195266ce628a8553394be0c8eb04a260c14106b44b6c07c0057dd45');
INSERT INTO transfers VALUES (2, 1, 'active', 0, NULL, X'0726ae9ca32866708f14ed34b9179d485a62972d9f71e693ed19aba9f8e71b937b51b3e40b4fe0a63ba23da684178787ec7e6477f6e1a2a1808cd42c0961b4889c1e6233aac5728ebd12451a765df97b38be401887bbfd32c805c7f0bd4b99289701fa30f2924ae19b7dfcee3dfe2ef0bb09a733c30daaaaea9d8ff23fc67d3ee65ed8ef2cd66dd8377f36b768a9f2db9db3b835ccee378d97b564e875f6814143ef2a6d7b511dc272743bccb1a8f14bcd7b05be2027d3db1bc914822d7828908e451ad0f921aaee39b69a4911b2f316e7399f20fc327cb6');
PRAGMA user_version = 4;
