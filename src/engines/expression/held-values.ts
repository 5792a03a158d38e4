/** What the variables of a program hold. @param paths where each value belongs: `request` is a variable, `request.body` a field of one that stands before it. */
export function heldValues(paths: readonly string[], values: readonly unknown[]): Record<string, unknown> {
  const held: Record<string, unknown> = {};
  for (const [index, path] of paths.entries()) {
    const [variable, field] = path.split('.');
    if (field === undefined) held[variable!] = values[index];
    else (held[variable!] as Record<string, unknown>)[field] = values[index];
  }
  return held;
}
