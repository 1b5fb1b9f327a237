import { decodeRequest, encodeRequest } from "../../../shared/protocol/request.ts";
import { decodeResponse, encodeResponse } from "../../../shared/protocol/response.ts";
import { request, response } from "../../support/fuzz.ts";
import { testCodec } from "../../support/protocol/codec_properties.ts";

testCodec("request", decodeRequest, encodeRequest, request);
testCodec("response", decodeResponse, encodeResponse, response);
