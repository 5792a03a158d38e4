interface Asked<Question, Answer> {
  question: Question;
  resolve: (answer: Answer) => void;
  reject: (cause: unknown) => void;
}

/**
 * Has what many ask at the same moment answered at once: what comes while an answer is on its way goes into the next
 * one, so that nobody waits for company.
 */
export class Batcher<Question, Answer> {
  private waiting: Asked<Question, Answer>[] = [];
  private isAsking = false;

  /**
   * @param answerAll gives an answer for each question, in their order; where it fails, all who asked are told.
   * @param most questions that it gets at once.
   */
  constructor(
    private readonly answerAll: (questions: readonly Question[]) => Promise<readonly Answer[]>,
    private readonly most: number,
  ) {}

  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ question, resolve, reject });
      if (this.isAsking) return;
      this.isAsking = true;
      queueMicrotask(() => void this.askAll());
    });
  }

  private async askAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const asked = this.waiting.splice(0, this.most);
      try {
        const answers = await this.answerAll(asked.map(({ question }) => question));
        for (const [n, { resolve }] of asked.entries()) resolve(answers[n]!);
      } catch (cause) {
        for (const { reject } of asked) reject(cause);
      }
    }
    this.isAsking = false;
  }
}
