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
INSERT INTO agreed VALUES (X'21464696fbeb475eee625cf18580e099', 5);
INSERT INTO classic_keys VALUES (1, X'33e42dcb0866bf0db1ccf71c871aba9e', X'ad94d0c03baf6151edfbb55785395833', 1, 1, 0, X'acbdac432355720b2f54066cb098a649ed953aa5231bad886104b5a2f59b304cabecd8ca61797eb077e9d4d6b2d69d933f54428fe23ac9e97c9c37f6db356b91e8e9ade6c6e92fcf9d5539');
INSERT INTO contacts VALUES (X'cc5d5e2227666dbbbeda08040d4bbd68', X'5c5dda7957bdf951c4b10abfe276f703', X'69b8638d16db089ee62a795a0c367c79', X'a49fd8fc40e5f64efb135aa65a327ff4a61fe4f50a82569d7fcc5df9c3a9918621a72b4b64efcca3356a2e7a8eb0a1f193284b33bced6f61f52b196acd9977f396526d2c26d8ef2a85bc1e5d06f576c02aaf6624b33071032416564b8b8c6e87148f7a5893a935f0cb8386b1028023f45f08c48d616f340e0699ddb36290bbd4997f767c5b269ecc18eee94ae08bafa1484509b1eb291c6917fbd9fc64c8cb2253d9767891c056fc1902c16b214634e2a9d0c84ebd806172ee020e9317ea0a958a9f895fb83bba63002000dbee979bf5392fd5846261ad761fecc00ca06e2cd1ffd4ad842fc728a87e85f2709149cf230ee2e26c5f2489bf7b8e5143bee01c2ee0cf6ae206c69ca07a1f6e0756');
INSERT INTO contacts VALUES (X'0692247b323a32af989b1ec0eecced3c', X'ef0fa8fe851ceeea4c54ac123c39d35b', NULL, X'1a448b9a5cffdfd456eda22c11ee660242528143758238119a4225c64ba87f65520e8c5e38b4a37b7648f8a281569813db67c45e53f7aeac6936a5070ac854c18beded6f65f4927ff6062ec7071e4898fffb9c1e635704');
INSERT INTO envelopes VALUES (1, X'e213fd1f77432fd575c328418f872385', X'6678b85cf27ecff41d1a4262afb5b7df', 0, 'waiting', X'a51e2cd23a41c8198681748d5b8068374c33c01dc5ed4647de85747114907ca878ad7a917938e679f272c6b74342a12de31d85d1e1f1b3f99c7ed5549a90e423b29f820c82c9803195592f2bdd83a496c6d255fec5064ae10aafe77da2961401', X'05ce2c883624919d3b82412bf17cecd9ff461d59b2c86f2b901a51d4eab29078708842cf7ce62636d4971ce21aa8b8a1');
INSERT INTO history VALUES (1, X'f9908925aaf71f84f4f3abe52b5224d5', X'6d6eb971bbc815d54eb03b33ca7bed17', NULL, 0, X'3e51698a60f1403badb2a3813af27a260ad1e0358a90c968524e62e3405eb302305c3a96017464cd7b8f009bdf05f450ac634545da41c9efb549a7a4d251de2623a23160bc51962a3b79a2c199ece7af00d870cbd996b1887bf5987f1319b7dabb94d88208fe62d75642a8715fd1d82d26dd28e20c9c0ce9cf66db0bf4ca12d7fe4784f5a0ae8ed5cae5f7479a1787a46c');
INSERT INTO history VALUES (2, X'f9908925aaf71f84f4f3abe52b5224d5', NULL, X'570207150784fceaa45bb4f41ae8c69d', 1, X'077fd19007db838ae4fda8afc5c5e1e59123dc669f2a5e9011375d308c87ae59b7b833a3078abcb760a16922a585e40b92f7c9da71824d40b5e892fe6d82700268ff63853576a7d9a98a6fee0dad4b6651d38a932efaf6e08553257457f3fcac6405f62c8305f0f93937674fcc06a99b07878f1f5945972db79f484e7d1add8434bece29a55b6c8795adcbbe');
INSERT INTO history VALUES (3, X'f9908925aaf71f84f4f3abe52b5224d5', X'5c4a1604aecf05a82fca165c23b73a42', NULL, 0, X'256536572868939a884a38281047f5dcf880fd162e01ab5d86f4f7d4f8d668b1f192d6676e21d5a7a8af364ddcaddaecc6895d4d28ccd9f5e678cc596b8051cd58a7f76eaf5cafd5f152f5a2fbb60c1f41d89d86c917b5d3a5b6738d461792a59978ddac1e30ff694813de5fc8841af9ef20685f76dd0eae9f9181a5ee26e3c44062f76b86f56826d26b6a136ec0167dbd76056183bc4bf18868a42a674c86c46c68315e23f680fcffe06a2b24b9d1de693350eabb872d55356d9789e519e372ab227ef5c5f39bb3f1e9d3f5073e8d5f95ecba37b28f973b901abc977b05');
INSERT INTO keyring VALUES (1, 0, X'9a866ab3682006b892646bcd6a99eb2de98a25f060b58dc31043dff6d1595e47', X'4d7292726e1f32f68b4aa59bfb8b367fb1ced9145e1efb9c9aa9ab795c0a6a595e909762dd95b325027503c7c72ca17533a1deedfa6370a573b53a5e');
INSERT INTO marks VALUES (1, X'4d0429d91561015c989b439bc17a88f23fb5ffdf340650e4f160e1b72971bf12aa1a3f9cc31fdaad95be6244feeef32767d1a19c40f08bb4e292d6e003be5327a783c834c45233de627c1e8fe4f0c04e');
INSERT INTO outbox VALUES (1, X'f16b897e55c6a236dae311040785382bb2048d7bb80c3ab0d08995a6e1e1a1736e9bccaa50c779cc4b96fedee3d76d72fe064b0c373f49d1fc6631e411f1c95500d11fc6f56ace0fbdf52980b00f2aad98be402dc7ee5ad4d766e81be43946c9827fe1e0eed4ea17b85bf9a48b030e9f');
INSERT INTO prekeys VALUES (0, 0, 0, NULL, X'2319874d7ad3b7c74f13d8259617bee8ab80693423fe092243d1237fc089ce8f929a54b1e037');
INSERT INTO prekeys VALUES (5, 1, 1000, NULL, X'1a8013ba8cc980b4c7d5388db6abfa9ec7a2e22f5e0223c82cafca6048f38ee329784f65a6634e19565e909b9c504541dcad9517eaaaf579234549');
INSERT INTO repairs VALUES (X'49ca7c817cafc8ae7deb0591e446520f', X'ef40c4416ebf92a7f9c23733206198c4ea043f3d3d1e058f07bc8919ff7b858f26d15f7a9f806684dbee4100cbdd98cd56cdf2035aba5443ffb4f30b3f42b3832d93b29a9f96460ec4eb102f3cf0fc723040febb97918728143ea19faeed1f5c445bf5d2187ca7ca');
INSERT INTO servers VALUES (X'eb109c95ff9577b9dc936f42b1a82da3', X'c3b075b64d6bb93f0dbc8a727035ff0ca8ef43f29ead9aaf2fe6fa5f7e8d721090fc1855f8b0f7ee5aa8feb8676cabac3a949d5e0f0195790aa9c78b346240a3d82c0e67af0d19f1936e0ec5f25a3795b419c1bfa26c6bdf8d61703d13bb037a62a846');
INSERT INTO sessions VALUES (1, X'5d75f2044e7de031af7c2b4cb7e3c26a', 1, X'6ffcce32331e058dcfdd723b144c112f8a9b895c4cbcb7f4c7edeb659540fbcfe45cdac3b6095b1da3dede311ae3a1fbad1e45e259008f7800e071b6608d2987f3e10f35fd9c37fddf52');
INSERT INTO transfers VALUES (1, 0, 'waiting', 0, 3, X'93fc8189647f7c225dd84d101a418e79acdcac1fecede8395d5b1b6069502e80a735095cda9f673311115493ab18c9ba93756a0385b534b3a67392fb2aa3dd3d881ba6b89a68502c6651bd5be43b7b82e963845463c918d0c03a356912ad45cd660cc4e2de578355ea3a08ef5a507a74ef2b24b2990a48c8df4832f54a28428de6dc6b1b345e0f9d8eb05c6a5cc9eecd7f959acc35fefa43b4b367467ccc00159065b4e1d65d4783d520e03ed7c6fc3f118a9af8ccae0fb198ead5f3f8b0bf9b79f3b60d');
INSERT INTO transfers VALUES (2, 1, 'active', 0, NULL, X'855d3c0256b3ca352a16350fd0ba10652b0b6024816b9a4a2a22ad5be9a1ac07f2689def2e2f106c61792630b7fc1de8d206824d7188edffee081242d1fb80547976df2e11af1dcfc9ab9279b0bb5b6e21d0d5d1310b507d943f3a940f0dd2eb34030a218ae78bc7ece62f20a67d48a8af9e5bfce8310f8e22cb18bb7e3cd6ef0cfe43b434853304a8eb82c11e37c3b12919727dc72fd11213e39f25ebb735667426af8febfae821c2e759f32bdb69fde773d64bb0a434f8684508d151c508b48b1cf67bc25d57760b556bd2f9f33aa81a42e0af8d3b9593');
PRAGMA user_version = 4;
