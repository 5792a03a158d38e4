/** Something that one holder of all processes has at a time. */
export interface Held {
  /** False once somebody else may have it: the connection that stood for it is gone. */
  readonly isHeld: boolean;
  release(): void;
}

/** Locks that all processes on a database share. They end with the process that holds them, however it ends. */
export interface SharedLocks {
  /** True: other processes may hold locks; false: this one knows all that is held. */
  readonly areShared: boolean;
  /** One of those names that nobody holds, or null. @throws where the database is away. */
  tryAny(names: readonly string[]): Promise<Held | null>;
  close(): Promise<void>;
}

/** Of a process that has the database to itself. */
export class OwnLocks implements SharedLocks {
  readonly areShared = false;
  private readonly held = new Set<string>();

  tryAny(names: readonly string[]): Promise<Held | null> {
    const name = names.find((one) => !this.held.has(one));
    if (name === undefined) return Promise.resolve(null);
    this.held.add(name);
    return Promise.resolve({ isHeld: true, release: () => void this.held.delete(name) });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
