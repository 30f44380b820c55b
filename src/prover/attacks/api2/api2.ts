import type { Attack } from '../../attack.ts'
import { afterLogout } from './after-logout.ts'
import { afterPasswordChange } from './after-password-change.ts'
import { algNone } from './alg-none.ts'
import { algorithmConfusion } from './algorithm-confusion.ts'
import { blankSecret } from './blank-secret.ts'
import { changeWithoutCurrent } from './change-without-current.ts'
import { embeddedCertificate } from './embedded-certificate.ts'
import { embeddedKey } from './embedded-key.ts'
import { expiredToken } from './expired-token.ts'
import { keyUrl } from './key-url.ts'
import { kidSql } from './kid-sql.ts'
import { kidTraversal } from './kid-traversal.ts'
import { loginGuessing } from './login-guessing.ts'
import { malformedCredential } from './malformed-credential.ts'
import { noCredential } from './no-credential.ts'
import { otherTokenAsAccess } from './other-token-as-access.ts'
import { parallelRefresh } from './parallel-refresh.ts'
import { payloadChanged } from './payload-changed.ts'
import { refreshReplay } from './refresh-replay.ts'
import { resetCodeGuessing } from './reset-code-guessing.ts'
import { revokedKey } from './revoked-key.ts'
import { signatureDamaged } from './signature-damaged.ts'
import { signatureStripped } from './signature-stripped.ts'
import { tokenFromTheFuture } from './token-from-the-future.ts'
import { tokenInQuery } from './token-in-query.ts'
import { tokenLifetime } from './token-lifetime.ts'
import { tokenWithoutExpiry } from './token-without-expiry.ts'
import { unknownCrit } from './unknown-crit.ts'
import { userEnumeration } from './user-enumeration.ts'
import { weakSecret } from './weak-secret.ts'
import { wrongAudience } from './wrong-audience.ts'
import { wrongIssuer } from './wrong-issuer.ts'
import { zeroSignature } from './zero-signature.ts'

/** Broken authentication. */
export const API2: readonly Attack[] = [
  noCredential,
  malformedCredential,
  algNone,
  signatureStripped,
  signatureDamaged,
  payloadChanged,
  algorithmConfusion,
  weakSecret,
  blankSecret,
  kidTraversal,
  kidSql,
  embeddedKey,
  keyUrl,
  embeddedCertificate,
  zeroSignature,
  expiredToken,
  tokenWithoutExpiry,
  tokenFromTheFuture,
  wrongAudience,
  wrongIssuer,
  otherTokenAsAccess,
  afterLogout,
  revokedKey,
  afterPasswordChange,
  refreshReplay,
  unknownCrit,
  tokenInQuery,
  loginGuessing,
  userEnumeration,
  resetCodeGuessing,
  changeWithoutCurrent,
  tokenLifetime,
  parallelRefresh,
]
