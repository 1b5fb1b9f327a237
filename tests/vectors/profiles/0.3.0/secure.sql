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
INSERT INTO classic_keys VALUES (1, X'ed2a83c28fe725ad8a2dd892add313b8', X'f48d71c1b71ffa5a3592cc1dde19b14a', 1, 1, 0, X'e3000eda78a898605656f97ad335855a55c7290c540d8c1d9c283142f9d3b6657ff38b1f56af176d65df9b4cd9c8765906ec1238b348ec6898063ecb44cba51a7fa654cf039aa4e36a5472');
INSERT INTO contacts VALUES (X'7429debf25b62c93b206f2a1f57045c0', X'10ca3dececfec870140634d7a570d8ce', X'67d15317ef73af8814a9ae5e5c22e0da', X'e29af7093b03dbfaebbc5f04c3b5116ffc4de650aeb4f9b97fc48deb948efc9c31a24816f98d48ea35079204956aa694b7356b1cb3446a18ba6cb3763d9b1db4c22e0f9d07d2dd25c077b31f23430c7726be662fe837fd60c349b8d3efdac6ff06892be4fd5dcac33e40040a4501ad3b4b11ef55d1a9ed6bcd80d47fc5f609114cd5a49fb406198be27a7354c4eb56968f5243306b267b37ebf2054719c880da9bdee90da73b1ebc40daf82b59548829766540ea2b98037ca4086a810100d88ac09ea2e594be41ba2455cf9116b8b1f4ba6f770db0620476e7bb2f7a4bc0e5255b5455663eef9330bcfc10cc6e470beb3eda61a844579047ff5352d6481cda03d73fc99ee47d28e08c8cc9912e');
INSERT INTO contacts VALUES (X'6659aa7ac552fc888c908a1e8eb52d09', X'94f64a9e13269eb30201e7efee666c27', NULL, X'8df7d7a9fd99ddd64126b8ad50fe48d0deae77114399a05383fe371c5bcb009de7ffc0ed1525fa8ecd833a0d311ddcd47e3b1532df460e0e25fcfde3db8d2ce050f722bb12ec8092c1a3b2ec06cfca21298c4f2d4fbecb');
INSERT INTO envelopes VALUES (1, X'a40bf80d865b6883a3d1fef7837d3fa4', X'8f3654e6b0e5777dc4cba34bbd853df9', 0, 'waiting', X'21e32051b672085e009d158ce371a9ef6a13a40e583529ca327e1f871ca46a5c65da3c4106a179f0957bb63cb6574d7e2f3be9ec864750a77140dd56c33bb42196d2a37192c196aa67dd3545ac1c969c7d616dbae1496f9fe8e5404b2330731c', X'9e001d7851a2d4e920bee45c14f4f0e9e2d72179ff555e3e76d97a34f9faab72e764cb11759b76813340eeaaccb32954');
INSERT INTO history VALUES (1, X'526f68b3c1dd3c46cb8d64cd5a4c3a69', X'4bde9cec51c85f88971bceb867257fca', NULL, 0, X'36807088759a7c074915f4744bab211c8bf1920cfc0d5f830a08cf9224a7dad531666ee2b9054ea0fbf4913c7b08ac238873329e68c4027d6752e72c935f6e5f797107365ae47a289060f731e3c8b0522736982bd66c94f3fe7d11ddae85d48a027ed2a4b9d3b99d0660bf5b851016ceed63d68f15cb23799efa1a77ed13e99783edded0f03d128bcc5233d648fd26358b');
INSERT INTO history VALUES (2, X'526f68b3c1dd3c46cb8d64cd5a4c3a69', NULL, X'e8cedc0dff7d3b4671702a4abf088a2a', 1, X'652cdce72a0b8f6049d69fbaf3454fcb1f8ef2d9de99dadbdbc3d99750b2dbaf7fb848c536cdfe0fedf86833309f7a7b5fd9926989ac97f852ec9c57e6805f60a25f117a9c9f37ad56115600e03c2f94c91b92380227143e7b18183f6eeea2de29d4009fb543dd9e5b7fedf28ce48067f3bec09a3eb03d2cbf3ff97520da739a08765eb49bb3cd22d4ddbf59');
INSERT INTO history VALUES (3, X'526f68b3c1dd3c46cb8d64cd5a4c3a69', X'5a93f66a8b502d277bd20d03f16a01f3', NULL, 0, X'832b2e5ad5bdeb1bb79e92c1ba5fcf4e5e84e8e66e9b52cd6cb2b672c42a471ac308c9828daa20a18b638b61a869a6005e79c98c195ec24b1be75d84f78a09bdf26080c74aadc0ced6f19282436771fb182732a0458acbb009ddce77b448030c7a0704d121faf9ec86c7d79bc747a7701a513df73e233e9ceba730745485352e7a855305dd4a73305c71955a23cc207296bba319521337e3a430656e7950218af9c642b9117b74dd2669603875a347703576b9f1dfbb9885302005ea4f594f27752620d78b4c97ce0d84adf442e9e27b549b3357a8634399391202299991');
INSERT INTO identities VALUES (1, 1, X'11824cf0d4c14108e3e8c8ab2ef28dc81d2050ea6479dd66e77f54b0fad1436bccec13cc9c78840415dd2954ee4f5c5859996c8f28ed028e8a9b3df073907c3ff5e1d3dd20a088c1097e95847b26df4271c73e605096e45b1eb515fb1bbc78c673eddc70f3bda6b49d5b56fc30b5949a317aff7c7ad152c89afd92122b89c8d1de81be5456e8e8c7b029cefa3d73fceb63e81b02fd77d1ca0e2a0a2a46a9312de5af3b65c2c28abdd8bae304585c77fea81bddc0bf2b42174f23f1bebd77b5a1d22629056b91da8a8dcd4d6f3d12eb98da6c3eb2121ca05d29565533dca32fa343f27d56100c406742000c73f4717f5d35e2925e91f713d03acdb8dfd7b1ab082c49fa87c03281073594589cb23674290e5f56cac3ee843eed7a9d3028d97c58c51f8eb989033c291b3eb0eee734c692520dfcb2145524a0984ebedcff5a258d7da6cd015fb1b0');
INSERT INTO keyring VALUES (1, 0, X'deb172d99166f1489d64c4e3812191285011b5047f15d5fdb0384b56dd92d6ee', X'e16101d9234f5af9d6e0744641b66682fa6453249b096a2e547e73b11bb543e3d6d3786156a0a3afe8f55b168569ccf0e33fac5a1dec1997e1ddbc8f');
INSERT INTO marks VALUES (1, X'1a7ce4344333e1be26f86068a53d100e7adc9d8ca3ab096d20f1c9eba6618e53b2195462c815bbe90f29d117d349c23bc0dc82422335972ccb662f0f34fa19dc3ba2096d1f2925d175f95e15575b1412');
INSERT INTO outbox VALUES (1, X'6714b2702d71f4c0e24ad9f488e4b8481c718d4dbd63aff01ded42582a700278b7194d411cf312b376a9be4f97a1fe171c13e2cce497c7410e3e4d00177b65ae9bbede4ae6a901382fb5000d512690a5701ffe093458eff2aa135bc5c7f7c603ab68a0c160ac34ccd2dfed222c8c5a42');
INSERT INTO prekeys VALUES (0, 0, 0, NULL, X'14370d892968317872d3822770005ae94e10891545f086f3b4c9b6adc54faf7e14d19bc6921e');
INSERT INTO prekeys VALUES (5, 1, 1000, NULL, X'4b447403b516b9034adfe4158637420c60b6b8120482dfb97d9232215940281ecd974db3b9f24012ed50cda09966e368276eddcdbe28f2ff787be2');
INSERT INTO repairs VALUES (X'471904d6b54fdcc2d2b97cc47cdd16da', X'897467980a1b96ff15c8510ff18b00eecf7446af95a21757ddd0104ff3695f80c772bd825ca4773b7849f8f7f14a6dd1ad5fcc816e654f800fd93acbfadb292376208b77382d329aca96b4c3498367995582fd7e1a7844435192d69d00f105c5d271f0a3ee70dc73');
INSERT INTO servers VALUES (X'caa4bd420df0ef6ff29f93a4cda358cd', X'96179cd26320c65bdb77e9fb4ab723a0843c21b5b9ab24f3f2f87e5822e3f7958ed85511897d4e933fe3b764213bfda1adfd5e02c1b0a3fc1374c99345e5e757f1dbd9cd9090cafe52e58af2bc30481f65103cf97c82255caf7a33891471fa4c7cb8ec');
INSERT INTO sessions VALUES (1, X'201308de5d5cf9168f49fec7b305c3bd', 1, X'9c86545861073114184ac7560d5e19b15bb05b94ea4ce21c322b7c3fd3663c8277d12f061a59feba36804ecc066010faca8836cd3401a9337c52b823540dded4faa865a99882830d28c7');
INSERT INTO transfers VALUES (1, 0, 'waiting', 0, 3, X'b2aeab9f2a076bc15528fcc74a15ec74fb697abccb076093278582157648f33d4184a824fe2f889ca229b082330ffb9d1ecd9bd43f28d45ec9387ace8bd03e759b691a10159489f3058c9152e2203b1263bbfc621d6c9034395ea4caa96ce36b6f906a0f4ebb58f7a2a560ee00a9ff00955a768e680e0a2003e5ab3c750e988b7ff0a9dc8344a5d6c866d52d37970cc3aca387d4df033ebb93a3410f1ff10333177ec328203e04c9164c9e2f77d13e9e684ca51b6321bd836119a2fe8cdfa0aace9c83d1');
INSERT INTO transfers VALUES (2, 1, 'active', 0, NULL, X'3e550668ae637030613d424c634f2bbd7d4b8af4d8f696e10c02bd99820bde5d996b6b98b86f6d39406fef9fb70793b79b69e424d40a2b09b8afb11ccd48bbd6258f641d142dd2f2a3ff485c458f5a165d6b291cba0ede35c6b39aaccf02d447d9e996112e26c1ca908eae575989c95a01afbfb004238d08fc93d51689acd4c753e8ef5e52fbfeb4146ed603ae2dc08e90fc0bd3afbc10415be26ba9522b755cc3b9bbc380c4ddacdbecae8f96468727741cb9fcbf960413e98a0a3f5cb47c78f0e5a4c998b68be822a4d35ed45bdaa894bd123d9bc4a3ac');
PRAGMA user_version = 4;
