import { decodeRequest, encodeRequest } from "../../../shared/protocol/request.ts";
import { decodeResponse, encodeResponse } from "../../../shared/protocol/response.ts";
import { request, response } from "../../fuzz.ts";
import { testCodec } from "./codec_properties.ts";

testCodec("request", decodeRequest, encodeRequest, request);
testCodec("response", decodeResponse, encodeResponse, response);
