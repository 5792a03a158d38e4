export { type StoredVerification, verificationFields, verificationView } from './verification.rules.ts';
export { VerificationModule } from './verification.module.ts';
export { storedVerification, verificationFaults } from './verification-secrets.ts';
export { PublicUrl } from './public-url.ts';
export { signsUrl, Verifier } from './verifier.ts';
export type { ReceivedRequest, Verdict } from './verify-request.rules.ts';
