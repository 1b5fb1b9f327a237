import { decodeRequest, decodeResponse } from "../../../support/protocol/frames.ts";
import { encodeRequest } from "../../../../shared/protocol/classic/requests.ts";
import { encodeResponse } from "../../../../shared/protocol/classic/responses.ts";
import { request, response } from "../../../support/fuzz.ts";
import { testCodec } from "../../../support/protocol/codec_properties.ts";

testCodec("request", decodeRequest, encodeRequest, request);
testCodec("response", decodeResponse, encodeResponse, response);
