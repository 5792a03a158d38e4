/** Numbers between 0 and 1 (mulberry32), the same ones for a seed in each run, so that a failure can be looked at again. */
export function repeatableFractions(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The same as whole numbers, each below the limit that it is asked with. */
export function repeatableNumbers(seed: number): (below: number) => number {
  const fraction = repeatableFractions(seed);
  return (below) => Math.floor(fraction() * below);
}
