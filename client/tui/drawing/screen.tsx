/** The screen, drawn by ink. */
import { Box, Text } from "ink";
import { drawn } from "./looks.ts";
import {
  dialogRows,
  inputRows,
  listRows,
  messageRows,
  type Row,
  ruleRows,
  statusRow,
  titleRow,
} from "./rows.ts";
import { type ChatState, layoutOf, LEAST } from "../state/state.ts";

interface Props {
  readonly state: ChatState;
  readonly colours: boolean;
}

export function Screen({ state, colours }: Props) {
  const { columns, rows } = state;
  if (columns < LEAST.columns || rows < LEAST.rows) {
    const text =
      `The window has ${columns}x${rows}; the chat needs ${LEAST.columns}x${LEAST.rows}.`;
    return <Text>{text}</Text>;
  }
  return (
    <Box flexDirection="column" width={columns} height={rows}>
      <Box height={rows - 1} width={columns}>
        {state.dialog && state.dialog.kind !== "question"
          ? <Rows rows={dialogRows(state, rows - 1)} width={columns} colours={colours} />
          : <Panes state={state} colours={colours} />}
      </Box>
      <Rows rows={[statusRow(state)]} width={columns} colours={colours} />
    </Box>
  );
}

function Panes({ state, colours }: Props) {
  const { list, width } = layoutOf(state);
  const height = state.rows - 1;
  const bar: Row[] = Array.from(
    { length: height },
    () => ({ spans: [{ text: "│", role: "faint" }] }),
  );
  if (list === state.columns) {
    return <Rows rows={listRows(state, list, height)} width={list} colours={colours} />;
  }
  const [question] = dialogRows(state, height);
  const messages = [
    titleRow(state, width),
    ...messageRows(state),
    ...(question ? [question] : ruleRows(state, width)),
    ...inputRows(state),
  ];
  return (
    <>
      {list > 0 && <Rows rows={listRows(state, list, height)} width={list} colours={colours} />}
      {list > 0 && <Rows rows={bar} width={1} colours={colours} />}
      <Rows rows={messages} width={width} colours={colours} />
    </>
  );
}

function Rows({ rows, width, colours }: { rows: Row[]; width: number; colours: boolean }) {
  return (
    <Box flexDirection="column" width={width} flexShrink={0}>
      {rows.map(({ spans, chosen }, row) => (
        <Text key={row} wrap="truncate">{drawn(spans, colours, chosen) || " "}</Text>
      ))}
    </Box>
  );
}
