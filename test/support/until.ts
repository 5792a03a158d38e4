const WAIT_MS_MAX = 25_000;

/** Looks again every `everyMs` until there is something to see. @throws when it does not come to pass. */
export async function until<T>(look: () => Promise<T | null>, everyMs = 20): Promise<T> {
  const end = Date.now() + WAIT_MS_MAX;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (Date.now() > end) throw new Error('It did not come to pass');
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
