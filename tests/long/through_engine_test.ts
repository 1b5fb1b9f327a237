/** The slower files of `end_to_end/through_engine_test.ts`. */
import "../support/client/through_engines.ts";
import "../client/cli/commands/receive_test.ts";
import "../end_to_end/command_line_test.ts";
import "../end_to_end/new_contacts_test.ts";
import "../end_to_end/setup_test.ts";
import "../end_to_end/terminal_test.ts";
import "../end_to_end/watching_test.ts";
