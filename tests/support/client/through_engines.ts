/** Imported first, it has all commands in this process work through engines. */
import { useEngines } from "./engines_here.ts";

useEngines();
