/** What API.md and JSON.md say before their lists. */

export function apiIntroduction({ codes, events }: { codes: string; events: string }): string {
  return `# The client's JSON-RPC

<!-- Made by \`deno task api\` from the table of methods. -->

Programs use a profile through the client that has it open: JSON-RPC 2.0, one object a line, in
UTF-8. The method \`rpc.discover\` returns what stands below as OpenRPC 1.3, with JSON Schemas.

## How to connect

- \`messaging-client --profile DIR daemon --stdio\` speaks it on standard input and output. When
  standard input ends, requests that are worked on are still answered, and the program ends.
- \`messaging-client --profile DIR daemon\`, \`receive --follow\` and \`chat\` listen for other
  programs of the same user. \`engine.json\` in the profile's folder says where: {"socket": PATH}
  has a Unix socket, whose path begins in that folder, and {"port": PORT, "secret": SECRET} a port
  of 127.0.0.1. There both sides first show that they know the secret, 32 bytes in hex, which they
  do not send: the program sends a nonce, the engine a nonce of its own, a space and its proof, and
  the program its proof; each in hex, of 32 bytes, and each with a line end. A proof is
  HMAC-SHA-256 under the secret of \`engine\` or \`front end\`, for who proves it, the program's
  nonce and the engine's. Who does not show it within 5 seconds is disconnected; a program that gets
  a wrong proof says nothing more.
- When a program's end of the stream ends, its requests are aborted, unless it has sent the
  notification \`finish\` before.

Any number of programs can be connected at a time. A profile that is not registered yet has a
daemon, too: \`register\` is a method.

## Requests

\`\`\`json
{"jsonrpc": "2.0", "id": 1, "method": "send", "params": {"peer": "bob", "text": "Hello"}}
{"jsonrpc": "2.0", "id": 1, "result": {"items": [{"message": 7, "to": {"id": "…", "name": "bob"}}]}}
\`\`\`

Parameters are given by name. An ID is a string or a number. Requests run at the same time, at most
64 of one connection, and are answered as they end. Arrays of up to 256 requests are answered by one
array. A line has at most 64 MiB.

Most methods are the commands of the command line: \`items\` has the objects that \`--json\` prints,
and \`problems\`, if there were any, the errors that did not end the command. With
\`"stream": true\` each item comes at once, by a notification. Paths are absolute, or begin in the
folder in which the program that has the profile was started. Where the name of a client is a
parameter, \`#\` and its ID in hex stand for it, too: nobody else can get that.

The notification \`cancel\` with \`{"request": ID}\` aborts a request, which still gets an answer:
an error with the code \`interrupted\`, or what it has done.

While a request runs, notifications with its ID as \`request\` may come:

- \`item\` \`{request, item}\`: with \`"stream": true\`
- \`progress\` \`{request, progress}\`: of a file that moves, at most twice a second
- \`note\` \`{request, text}\`: something worth knowing, for people

A command may need what a person types. Then a request comes in the other direction, with the ID of
its own as \`request\`; who cannot answer it returns any error:

- \`text\` \`{request}\`: the text that is to be sent; returns a string
- \`input\` \`{request}\`: the next bytes of the file \`-\`; returns base64, or null at the end
- \`ask\` \`{request, question}\`: returns a line, or null
- \`secret\` \`{request, question}\`: returns a passphrase

## Events

After \`subscribe\` notifications \`event\` tell of changes, whoever made them. Their parameters
have a \`kind\`:

${events}
## Errors

- -32700: a line is not JSON, or too long; too long a line ends the conversation
- -32600: not a request
- -32601: no such method
- -32602: a parameter is missing, unknown or wrong; \`data.param\` says which
- -32603: an error that nobody foresaw
- -32000: the request failed; \`data.code\` says why, \`data.retryAfter\` in how many milliseconds
  the same may succeed, where that is known
- -32001: more than 64 requests at once (\`data.code\`: \`busy\`)

The values of \`data.code\`:

${codes}

A program that does not read is disconnected when 16 MiB of events wait for it.
`;
}

export function jsonIntroduction({ codes }: { codes: string }): string {
  return `# What \`--json\` prints

<!-- Made by \`deno task api\` from the table of commands. -->

With \`--json\` every result is one JSON object on a line of standard output, and every error one on
standard error. IDs and keys are lower-case hex. Later versions may add members: ignore those that
you do not know. The same objects are the results of JSON-RPC ([API.md](../daemon/API.md)); its
method \`rpc.discover\` has them as JSON Schema.

The exit code is 0 for done, 1 for failed, 2 for wrong usage, 130 for interrupted.

## Codes of errors

${codes}
`;
}
