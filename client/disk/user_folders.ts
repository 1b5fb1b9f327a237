/** The folders that the operating system gives a user for what programs keep. */

type Environment = (variable: string) => string | undefined;

interface UserFolder {
  /** Names the folder, in the XDG Base Directory Specification. */
  readonly variable: string;
  /** Where it is by default, within the home. */
  readonly place: string;
  /** Names it on Windows. */
  readonly windows: string;
}

const STATE = { variable: "XDG_STATE_HOME", place: ".local/state", windows: "LOCALAPPDATA" };
const DATA = { variable: "XDG_DATA_HOME", place: ".local/share", windows: "APPDATA" };

/** Returns the state directory of the user on the system `os`; undefined if there is none. */
export function stateDirectory(environment: Environment, os: string): string | undefined {
  return userFolder(STATE, environment, os);
}

/** Returns the data directory of the user on the system `os`; undefined if there is none. */
export function dataDirectory(environment: Environment, os: string): string | undefined {
  return userFolder(DATA, environment, os);
}

function userFolder(
  { variable, place, windows }: UserFolder,
  environment: Environment,
  os: string,
): string | undefined {
  const given = environment(variable);
  // A relative path is to be passed over (XDG Base Directory Specification).
  if (given && /^(\/|[A-Za-z]:[\\/])/.test(given)) return given;
  if (os === "windows") return environment(windows) || undefined;
  const home = environment("HOME");
  return home ? `${home}/${os === "darwin" ? "Library/Application Support" : place}` : undefined;
}
