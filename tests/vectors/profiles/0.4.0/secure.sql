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
CREATE TABLE opened (
      number   INTEGER PRIMARY KEY, -- in the order in which they were opened
      envelope BLOB NOT NULL UNIQUE -- tag
    ) STRICT;
CREATE TABLE outbox (
      number INTEGER PRIMARY KEY, -- in the order of sending
      sealed BLOB NOT NULL
    ) STRICT;
CREATE TABLE prekeys (
      id          INTEGER PRIMARY KEY,
      kind        INTEGER NOT NULL,
      made_at     INTEGER NOT NULL,
      replaced_at INTEGER, -- of a one-time prekey: since when the server has it no more
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
INSERT INTO agreed (base, prekey) VALUES (X'359fc9a2f85f0d5768d73893fc02c5c6', 5);
INSERT INTO classic_keys (number, contact, key, own, sending, last_used, sealed) VALUES (1, X'8d6a6fe0aa3f20dc670856091f0547f1', X'9296b35f497d2c2107f402dc68d1f6d0', 1, 1, 0, X'567376b83bf91ba3b9db3d0da430cf9515a9e4ec97a28e7314b02dec1433edb3fa0e66e8ec2fea7063189dfb87e371fca5c5bf0666fdcc15113afddd2c90c7a3b4b8d943f853e2b255c233b62a6bbee8343e872478d4fd');
INSERT INTO contacts (id, name, alias, sealed) VALUES (X'e339cf230e473948ec47830bbf3be87f', X'2e43b45149302c8ae1b727f2fddaac75', X'3e9a3525a2eb72298d9ba1d4f1a311f5', X'4368911c19d9e90ab22280f93902cd4cff6da8a0a3270a9b7638701ec3f76f777d4c8690bd96d241b59653ef93785316b0eab8792b150f9f646855e05b1139d627c1c2cc20555785cec6527812a188102da1042f8a26e92d4f5b4b178d3ff3d39cc4aa68ef10bbc22b23be5967e7d3aa0b245f2fa0e5e890ac328d2ccc303a437e938a6473f9a63ca3c8037d89f45928b952e70a5ec017176d10ada1b645d8c694367745a19e1a8f53d8714f048c1a95c88f45611bba030d71005b1c1a164bd3fbb6b31aef5581c11698ecee2a215c56787fde5c8dfe8c8324e07f6bdee66895b7cd98cef4359536620434f2b818160e0708ae842b31b94f6f5eb77d69a6d6f9806ce5edb08367164ebd82bb70f5caa1885da9651de8abeef6b374c5946763353465e4b3ee95f4429cb465e7eb9d');
INSERT INTO contacts (id, name, alias, sealed) VALUES (X'56827180a1c8998497faab6cd78a1010', X'4f9ec6e2809c92f312334ffb0c5ea7c8', NULL, X'91804e9f87e5f4cfb6cfb7eaa071f10943c2f2095073496fe06dbf1f2d4c02dc902695f4423d7debfa0f7f1cc458bca2e70f99c3241c170d6bcf0f4c2173d20d853df20e2238597f750fa52e761ddd9fb41fb314b0ece4b0e3b0c7ec13d06b9bbdd8ef9339140975aa43248d51');
INSERT INTO envelopes (number, message, sender, filed, state, sealed, content) VALUES (1, X'04db0b202edca1c4a747f8d9c86a6546', X'e22d4037ff545dac4e74ec86a130be97', 0, 'waiting', X'73285104a86969faa45b59026fad86d8a1e4235f726dd166cca31cc7e916917d0930ad40e22795b1b4911547e96822e2133f29883181fdd70e1af8c9e466c81518edd6e70fbcc36ec870dbeb63493f56941d529a1c1362e539de475e93eac1aebbd0fffc0072828116b02c58', X'e705054b024153aa475f6c749ecaf2f440be78300e8312745ee75848b6d573120546fef729031d5eb141cbf021ca5ee8fbddeb97fe4ea0dc16bce923');
INSERT INTO envelopes (number, message, sender, filed, state, sealed, content) VALUES (2, X'4e0cf6dbfea9eb1b236f81d2ee61530e', X'e22d4037ff545dac4e74ec86a130be97', 1, 'waiting', X'28481de11cfa1816d01fbccee6b976044c6c785be3e3ffbff6a27bcf718b8f2737b5743a54c47703c6a0667fd81cb178868df1820e7870181bb2681fe176e98b294696c62142ce463ade68d1636cc7b8d75d539dfabd1145c5142e9bc05a1896ba49c73227a09affd934c58eae', NULL);
INSERT INTO history (number, peer, content, message, shown, sealed) VALUES (1, X'bcca195a1fff3862150a4eefb4139a3d', X'd24b650a947a89e775464798a2a83050', NULL, 0, X'7add35bd40bf0ab0807cb99d6870c3b671dfdcb0ec3de3a27e4312d6abd8cf0012362bf5744548d78e1543afc18961ca2ddfa03b329990f03dd36bf887e8f22feda0219b29bb30111ec4829a56660a85e91349d0f56bab1e37df1d2f5a7c87ba9ddbcfd3fdbed3391794bf8618f2e61b2c5843eab96a3153b470fd0e38ab29064fa1f5d4079ac038fc1cc3311ce8933c415185fd6b988001fbcd06aaad5c309e1a21');
INSERT INTO history (number, peer, content, message, shown, sealed) VALUES (2, X'bcca195a1fff3862150a4eefb4139a3d', NULL, X'2164f7773655233349768127ea9625f6', 1, X'1a815a509db86d5a0e563bf75dc400c675ac683c9bcedebbd46d425b37b9282da8fdd5ffe7a4f53d8b84650bbfd260140f9dce1059c8b2328c909e67595aad6a9ca974d97f87025dda987926e77c8223d9913f40fd417fe7a14ffdd900de7fc2a7f51649d603fcca88fb506f2357ebcb5cb429b7522a37c65f2475efba0ecfac1fa097ae253ff7037675e9f7ae668106ea14a66df4ea4e71fb3cc05ab299c440000c04');
INSERT INTO history (number, peer, content, message, shown, sealed) VALUES (3, X'bcca195a1fff3862150a4eefb4139a3d', X'c209b9022591280e559eedaaabeceb0c', NULL, 0, X'd7738d73ddc0f1967dbc475abe4d9f98c5eee7a6757c197d4583d03d7bb63fc388293029595a9b5db612c5579050ad1d7d2001aa4c247dd216406af4cc7f0b20828b2281a6cb96b654f7afdc002ca0fa287026a5f5f4f5a2092ea707184f60d345824e770b4d236ced928cbfb16882f0e9b9d6e9a949ac314ba7405520fca4ac3e39d533eef2d06f61464f28c8e5328fedb49e30c60d029d6d88ab3feca0eb81ea48e78051d8e00a84aeb4673859cfc5901986369b8854797d4a1c26baf7b34934808d536f886b6adedb3b62e2c383545c1f9f2904e93438a523ab07565acf6605c29fa815e84f0fbefe');
INSERT INTO identities (kind, registered, sealed) VALUES (1, 1, X'd56bcc8b645b7efa6e526111edabd647e8c138df0ef9205154200ccf2c339be335a6268e0e7bc653bf61b0d59838250daf44a6c295ff3964637a08aa28d3fde7e7e8e45debac40c2159ef8af7021794e9123286f23fc09948f74d4d38c4950f5f779d9a6943b96fb971be01631094a1ff294947ee275b938f722b3436c2084b987ea2e63c86f617ea59798bbbc441fe37264145ebc00cea30a02c5c01ac0ac613135571f770e474271b32ff7f4f0ac03e7e334b8d62851b9452c6c044c2122da82d3544e680ac2abb12fab58f78f9645a6d39e22fe42aec9b60e195c060f1e9477ed72221bf19c710073d04a57738efcae98dbc516e5648b63716701c28cc03dab68e8b5860aaa7edc2fc58417c3f016b2505e61cbaf9d873cc9b3d691a5006e47eb43ebb1692276d692ae36dbbb7379e1b3f1300c013bfc6ff62099ec28cdbf4a496c7386be2bb145b7a5c6694dad3118e7f2a0ec3452c6adf025470a');
INSERT INTO keyring (one, protected, key, lasting) VALUES (1, 0, X'f9b8b1b6d2bb7ba8d0875ca6e8baa3e4ae8d46a19d8bb571945df8a6e4047fa3', X'b750cde2e54f6a56014ffe843f1e2e0f5f22719e1946b7daa650546eccdd570d298755e3b17135ce557fefefae7ceebc66665f9fd528a591b068b3e6ad0a90aefb2c940b79356e20');
INSERT INTO marks (one, sealed) VALUES (1, X'b1a826af93686d01509fca20a4b283980b37db1051005a903a8e094b7993ff12c3382126b8753ebc5956379d319c57e4840ad5ffada6e55325096944519ccd1d991868e838ac2dd81ded86c292e0ca7993f2a86816cce6a2e4c5385c0389d04bbea852f5908fc78af0c71386');
INSERT INTO opened (number, envelope) VALUES (1, X'0468d871643ccedb8a22bba5f9978e9a');
INSERT INTO outbox (number, sealed) VALUES (1, X'93f12ef53e7485585141dc04f2f41fe892bacc93412a54354e95d7b67e22526160c564676179530f63736771a6d6b3684a36626c6f792a1aedb4cd4ed047bc0e9c01eec6830f834a4dc441911353a69700df73a0c4672fcc0f788d7cb236f95f78a8af22c948ca29726b5f79e59eb3b55b771d4fec95aede4af83ce1');
INSERT INTO prekeys (id, kind, made_at, replaced_at, sealed) VALUES (0, 0, 0, NULL, X'd68caefd6c0a7e7ab778173c99e68c03dc904485f1c7267685dcc0441ea40f256c14fb94c11fded6a691ec8c2fff1455f842');
INSERT INTO prekeys (id, kind, made_at, replaced_at, sealed) VALUES (5, 1, 1000, NULL, X'f6c7b46d208147446bb49370f8afd569d990db7a4b6799b42dacc3a901c89250fa4b05dece8f8877589348a4c3c1118f9005bbde235aeb674f6d17a2dbdbc7f434cbf01522e38d');
INSERT INTO repairs (peer, sealed) VALUES (X'0239640894d00293959c8987db2b26d9', X'76172f36d1fbb04e1894ffbe955e0ae649dd4a7332c3d1476e0174102e85dd3892cec8b12f2353ff349efaa98e533e6c11ba27c6b67bee233366bbd285f89a62432fc770291bedffea45b154f6aa8926c9550f5446535ee14870a048d2738783ad54d0c148e9500f8309dbd71b7ec6f852e28408');
INSERT INTO servers (address, sealed) VALUES (X'ffb8a8ce28d83bc11cbfd4e6720b3bd4', X'945fb501fe5f35d7a9f8d79ff53600e7c96e6b552169ab5487b9e44b1f5c1e5b4d833a05e994f6ab1d4b3c41f91139e99b5cf149ac666661b5a4c651402752bf4623df1d765333cbcd7f0c9d8c930689aa53dd3f79aa1a2a26c3921ea880b2a20488460d4261ac36407d013d6fe854');
INSERT INTO sessions (number, peer, used, sealed) VALUES (1, X'd5b11df22ea824b9ded24945dd897bcf', 1, X'ca5fee8e090c7c490892ba0ced3f0afdb33a85411b2e7bd6bc7afa79dc1133d0c5bee083e8349fceb3e0699e28ac5ee9b8a22ab0df0b2301a2a157b1ecc216cee82fda00d405a636c1b128f7622446611bac9eaed4d8');
INSERT INTO transfers (number, up, state, settled, history, sealed) VALUES (1, 0, 'waiting', 0, 3, X'a6ac08408fb5a85dd3e2648960a7ae7cee5a5fcd680a4f33b8c600eec5c9b0b3bd523fa3bb46c3929ee6a10f29ec115b966f088e1da90fe1c8c4adabe3698a07551e9c0b6917131a13d0c611813df17fdb1ea25678fbf2edbdcbc1acb1f269039cefaa17ec6499cdf43f4fc4aa69fb495f4386725ee5fccabf1063ce64c776df177918fb710d217ef8b450857b175a016a49ab2bfc8472c139a4cbfe6458bb648803b61cd1e97c5790fd9ea907e279d6fd4cde8f743ee34614393b27ede0ee3567e2ec77e37270ec8b89bbd4f9d491e4d8b34cc79ce2ccae99');
PRAGMA user_version = 5;
PRAGMA application_id = 0;
