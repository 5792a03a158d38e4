import type { Target } from '../servers/server.ts';

/** How hard and how long. */
export interface LoadPlan {
  connections: number;
  seconds: number;
}

/** What the load tool saw. */
export interface LoadResult {
  calls: number;
  seconds: number;
  p50Ms: number;
  p99Ms: number;
  /** Answers with another status or without the expected text. */
  wrong: number;
  /** The first of them, cut off where it is long. */
  firstWrong?: string;
  /** Connections refused or cut, and calls not answered in time. */
  errors: number;
}

/** A program that makes calls and checks every answer. */
export interface LoadTool {
  /** With version, for the report. */
  title: string;
  /** Runs in a process of its own, whose id is told as soon as it is known. */
  run(target: Target, plan: LoadPlan, onPid: (pid: number) => void): Promise<LoadResult>;
}
