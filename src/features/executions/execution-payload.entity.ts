import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The large parts of an execution. */
@Entity('execution_payloads')
export class ExecutionPayloadEntity {
  @PrimaryColumn({ name: 'execution_id', type: 'text' })
  executionId!: string;
  /** The exact request, encrypted; see `recorded-request.ts`. */
  @Column({ name: 'sealed_request', type: 'blob' })
  sealedRequest!: Buffer;
  /** JSON: `ExecutionStep[]`. */
  @Column({ type: 'text', nullable: true })
  steps!: string | null;
  /** JSON: `{level, text}[]`. */
  @Column({ type: 'text', nullable: true })
  logs!: string | null;
  /** JSON: the sentences that say why it did not succeed. */
  @Column({ type: 'text', nullable: true })
  errors!: string | null;
  /** JSON: the headers that the answer set beside its type. */
  @Column({ name: 'answer_headers', type: 'text', nullable: true })
  answerHeaders!: string | null;
  @Column({ name: 'answer_body', type: 'text', nullable: true })
  answerBody!: string | null;
}
