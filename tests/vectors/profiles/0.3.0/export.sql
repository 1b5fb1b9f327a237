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
CREATE TABLE exported (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    sealed BLOB NOT NULL -- the server's address, and how many bytes each file has
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
CREATE TABLE parts (
    number INTEGER PRIMARY KEY,
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
INSERT INTO classic_keys VALUES (1, X'64d9b253ce67f92a1021c728ada6d7f8', X'3efb2a8906925ac7cec51bf4f79ffd9f', 1, 1, 0, X'e1e7219b31949ddf33d47474fb61c0e9c23fac046f413f0025c4528038f871e4022af5e95b51bdd20cf655d73ba73d608be9470c171cd1fad2b42232376ff70c50a7a20f743c2a25df18e7');
INSERT INTO contacts VALUES (X'd2c02fee2a184047a14c740ac7e0b895', X'99e6c1e34cf51872b29cddf92fb4af94', X'8384fd37bdfca2d11b971f74549ad104', X'02772763006182fff4ec55ddb2c5cab151afb21dddf65304c6b17ee2fa1c013e89792e76b300642322516c4e32a42c5a777911cb4552513b42b4c980e84cd7e4750501876f0850741fabe602427c67be3472268b73eb7b0d1e2c3f7158e648040779967b071344c958c5b0db6104e6f125b6c4f74f2de8fc104efb5c9b361a66df39171bd72551a81d38f51f2ee680989c871000e35a1cb1bd3b671df7c04dc823115a19b096e770b196bf15cebdd3839b22360c1883115da7e4fee32595a0867ca1d87bc24d20e14ea7839e58d3d6130ae31e98b11946ddfcff9db6d359fd94fd48889f4cd6fcb98354d25d0745a74baf8b8784729b821c4b06f9e91f4219d23428079a85f6b51182660a86f2');
INSERT INTO contacts VALUES (X'd48288b1126675f4a7004de117d8bf0a', X'fe0de5866d4ffa3245c74801723cd593', NULL, X'f3f32c38a44a4d60edc0321aeaf5890d9ffa7a6a5aefdc79c1d505765fcc6df75fb958a962e5b41f0a475611432dc3520a368e38812ae70fb814551caf39499131f2b8a3a481d8a3bce2a8349115737d5bf564f30fe6ea');
INSERT INTO envelopes VALUES (1, X'dc578596fc7a9edf0db1c722bfc829a9', X'28407ec472b508a307029625bb287a98', 0, 'waiting', X'79b7ba8dfba643c794a54a20d6f92b56b2218f3d5a2252cd81947a1c6b0c5bdfeddd22fc26857687323b70f4dac7a1ebc57fef59f4c46ee2275b6f6f080300703e5686238283cc3da9ce9f6dfe21eec6dc1337d4481c3b822bdfdace20c5e061', X'd10cef0d0f7f77cce0a90529cecb038168ab720136b98b318f466f6dac137529835a19c83dee90ae7d731e2fdd63d963');
INSERT INTO exported VALUES (1, X'ef585b36e6f61bfc573efcd334c7ddb1e40279e19ef12635391415c37f663eb73c75404e7dba2a7d160afc9e');
INSERT INTO history VALUES (1, X'404d76e6d11b046ecbe3d46ba6c82ebf', X'4bde9cec51c85f88971bceb867257fca', NULL, 0, X'b52c40263646453a410c982af7411e48f1333800ed257809412caf43c977f4229474bbf31d69135c1437c5e6e0e109fb83c21ce8ad993b0974aef3b1d09660fa98e24f0d96091d96ab655026fa0fcf5c9d5ecc62027ad4873f1d82d6f465fd24282e89a56ca130a968bf7458a4231a9fcf6a9bb20246bf1d4b8d46872b7a527f106c71382178bf2cf3437ebaac1983d60e');
INSERT INTO history VALUES (2, X'404d76e6d11b046ecbe3d46ba6c82ebf', NULL, X'8a4a9409f3b49f88e9e0f2f6384483a3', 1, X'88f9bd54765f4273615903c40f445656e173525d7dd604db694dafb669ecd82ae386d96922241a0bc38721c42754b071ceec768ea400b4e979625ca65a857e43674bbf466dbd83378728f5cb4167af97d528a50fa55f4da9a15cc20c3040768baef10c6f1a5b9d8d67c9b0580302ec967eae4d4a3b10b9a4470e2b473245b6101e01ae79d532f400516887d4');
INSERT INTO history VALUES (3, X'404d76e6d11b046ecbe3d46ba6c82ebf', X'5a93f66a8b502d277bd20d03f16a01f3', NULL, 0, X'301452545b66d582f33fb7d86176e4108eafa1cd25e2fd0c18084791db1c02bd2941db67013ec5f7680c8d88303f517069567ce763666740bb3f72a0fe3433ddb516ac82c9efd3e6ab30057ad239028d135105c6654995b9f8668b9241cd60e824279a892854b6ca68a29a9874252ab23360064936a0dea8fd7ef21da93ce8612f11fc0949a0d540169a71a2fb912eadb9d53a70f4b66995f8bd26115dc18007df566702577b97665d086081a086cde13cdaaa87f1e53f2f61041fff96fc10500439ea4d3443c833c66979f6acd13e8c90bb0fef3367b5b52b724fe4042d');
INSERT INTO identities VALUES (1, 1, X'fae9243823405d51f118f591916b2cd14e0750aabdc8335a3dfdc368ce518cee75c507e4084c9f1eded146586dcc7cfa33130aecfdf91239dd3ef6e2df777978990a33c52a54199daff9682b7dd191babe82e2e8b9d14493eb2648f369a6ad90c76ddc3aaec2f13e1210f761cb024ee4a22c41c390aed56c274b99659f697049ab8550c4e4735af9f9dcce24674d5450bc6bf10810f0aada4bee0feb48597628f57f3e398a8d0d9fc531857571e7d2fa2b32592d1bf6686b8d706135d116027cd51100af8dc6ac2350413e56dae5531aba5c5d3420b45b70d8d3e834ee040049de42755a139366319ff594ee9322f874fc3087a4c4e20722b2db14d0264678bbabe2e3d8a85e6b02a400621b49d54cd88d08e1d43a29bcd79e11effe2e621e1b57afa8e9855e86ffe4c005319acb317cf38e71d40c1dd76b24fff021a44035f8fd119abd08fed8');
INSERT INTO keyring VALUES (1, 1, X'011108017bf93537a5e2cd71d2c46aeb6a9f232c8d12a728f93b42053a55209b5c42ef09a8da7222fc88f975d92339374eaa30c04c48eda916c702fc5d4f18983269724f8288b9afc4fc813622f0d0da', X'3b1ce830db2a30c8f3e1f5f9ffbec830551d54f1a18660001203893f4f47e7624d5fcbb2bf59f262fdef23c3e7197564be58ccbe9fb878f2ef5157b8');
INSERT INTO marks VALUES (1, X'97d90df2a937ef707aa56a7f6e9ec9ddbb54daaf22588b020fc8bb2c796f0d7d36351a2658fc43058f2421d7acd224756b9df77ac381e6cbf061eac2d541f13dc05aa6c4d51249a35686f9aafc43109e');
INSERT INTO outbox VALUES (1, X'f8caea50761a8d0ebe86f5c00f6cc9784c26f3bbd1f9eb46c40c540ad2959af0f34d24b8404f4ef798e6ca2da44b7de677e2af8e8720323785d0f2fc6d5471b69ca2ec99f3563127af734f94102052e62bca6b0fe0bb33b6542b20f914896f02a65f899b67b3d69cb46f73cee45c4299');
INSERT INTO prekeys VALUES (0, 0, 0, NULL, X'b7decc1ba4a0ffdc447d5038255b12460079f451c9e986e71aa030fdda6ff8725b5ae6bd2cec');
INSERT INTO prekeys VALUES (5, 1, 1000, NULL, X'877cdc72e34edfc2ac630f674f5292868662e055149418995d8c66909e59235d2028f349266ff986408912fca91932563a9f40461949dcffda83a6');
INSERT INTO repairs VALUES (X'4109069fb1630fd89681e6a5f53a5eed', X'402055d028e5895388ff8c750ff7797116d782d5d9d97091f07080b1d9591f551a79eb92d7f0ebc82825b268908b64f4916e2dfc59d9cf52b7d5488e686383064c4a7ad7cde4c5076fdb9c3809584d2ff5c397db3ef5a83e3134089715013b0da12e5cf597cb1bc6');
INSERT INTO servers VALUES (X'32684520c772e8dc884d90d2f893f31d', X'68ecd6774e7051014d3685cf08da402f99c84ea22f27abf5f089f459265592df27d6d609b731f811e0c710e2a6d6cfb767ef2071145d26f02c1936fcef690c4b19fbc43378093f06fe9e191d392591a4afb3b58d74f27eeb852cc33602aeef04baf912');
INSERT INTO sessions VALUES (1, X'0d663ba6472aa21621c4ff71f1e8f11c', 1, X'936a244595acffc0f682dc40ea8f952cd0b2b90085b71677fca435374baa1f30a56529fb4e8c0d6c01358d83676a4c4caddc8d9360830ffef251c354e67a6f156ba9b8f9484719ebb461');
INSERT INTO transfers VALUES (1, 0, 'waiting', 0, 3, X'a3b77c9adc47b6ffdf6e0fadc7bc674407585402d90600ba7856cb55de472fe97add0dbd12a73c56e2509144dc133544b1e7567b75c2963da251346d2769af73866376321ba2eae339bc6293f46b1d75540c713e496959ec616f10f91b0c836fb939ec00c8e1125df6d331217c9250e762e56c3a4c73361331255e8b41db1a1c28529500f0ae87b7360c97f1a572bf3be35cc67d8139548b2a8f4c1e45c5f6de82947c255eaa972fe4e70f7a7a30a4fd50333fc527b891ef143de5c8fee101f10f65c61d');
INSERT INTO transfers VALUES (2, 1, 'active', 0, NULL, X'bdff706ab8ef1b8eeedbd5ad0b79e7ea14f1deaf2e8c1e3f332e250d933984e469f83adbb61ac53fc7ab64028bf27c3f507578e44c745b4032a2124b17f4f27039462fa65fad5dac6218d4941f0062fd599371c54fc6e797b2d586a01f2135d6150946834a935018866be1701ea908d8832c58b7af940aaaaadbec948fdc50a05c00637b14a77650dc2585e5e3f9db8a9a557fa7b67a67ca3ff85ecc371fb31f92b2f940626f957ddd6bfd59d70e28ed83b54c4e977f7c9fc44759f687628f74b84081656ebf86d1a1b9aa047f60fde3801d8f0d579235d2');
PRAGMA user_version = 4;
PRAGMA application_id = 1297303384;
