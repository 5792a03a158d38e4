/** As of a script. */
const LENGTH_MAX = 65_536;

/** Lines that commands of a run have written, as far as there is room. */
export class LinesWithin {
  private readonly lines: object[] = [];
  private length = 0;

  add(lines: readonly { level: string; text: string }[]): void {
    for (const line of lines) {
      this.length += line.text.length;
      if (this.length <= LENGTH_MAX) this.lines.push(line);
    }
  }

  /** Behind those of the run itself. */
  after(logs: readonly object[]): readonly object[] {
    return this.lines.length === 0 ? logs : [...logs, ...this.lines];
  }
}
