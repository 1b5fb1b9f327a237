/** What work costs a process by its processor's time, which other load of the machine leaves be. */
import { cpuTime } from "../support/process_facts.ts";
import type { Job, JobResult, LoadProcess } from "./job.ts";

/** What `pid` computes while `load` does `job`, in all its threads, in milliseconds. */
export async function cpuDuring(
  pid: number,
  load: LoadProcess,
  job: Job,
): Promise<JobResult & { milliseconds: number }> {
  const before = await cpuTime(pid);
  const result = await load.run(job);
  return { ...result, milliseconds: await cpuTime(pid) - before };
}
