/**
 * Ends the other workers of one's pool when the server that watched them is gone: one of them may be in a loop, and would go on
 * for ever. One that waits for work, or for an answer, sees at once that its channel has ended.
 * @param pidsText their process ids, and one's own, with commas between them.
 */
export function endSiblings(pidsText: string): void {
  for (const text of pidsText.split(',')) {
    const pid = Number(text);
    if (!(pid > 1) || pid === process.pid) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has gone already.
    }
  }
}

/** What `endSiblings` is given. */
export function pidsText(children: Iterable<{ pid?: number | undefined }>): string {
  return [...children].flatMap(({ pid }) => pid ?? []).join(',');
}
