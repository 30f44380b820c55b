export type { AccountRow } from './account-fields.ts'
export type { ApiKeyRow } from './api-key-fields.ts'
export { apiKeyResource } from './api-keys-resource.ts'
export {
  type IdentityEndpoints,
  type IdentityEndpointsConfig,
  identityEndpoints,
} from './endpoints/identity-endpoints.ts'
export { type ExternalConfig, type ExternalPrincipal, external } from './external.ts'
export type { ExternalJwt } from './external-keys.ts'
export { type FileTokenKeys, type FileTokenKeysOptions, fileTokenKeys } from './file-token-keys.ts'
export type { GuessPolicy } from './guess-guard.ts'
export type {
  Authenticated,
  Credential,
  Identity,
  IdentityFactory,
  IdentitySurroundings,
  Rejected,
} from './identity.ts'
export { isLocal, type LocalIdentity, local } from './local.ts'
export type { LocalConfig } from './local-config.ts'
export type { PasswordHashConfig } from './password-hash.ts'
export type { PasswordPolicyConfig } from './password-policy.ts'
export type {
  ApiKeyService,
  ClientFacts,
  IdentityService,
  Page,
  PageQuery,
  Registration,
  SessionService,
  SessionTokens,
  UserRow,
  UserService,
} from './service.ts'
export type { SessionRow } from './session-fields.ts'
export { sessionResource } from './sessions-resource.ts'
export {
  generateTokenKeys,
  type JwksDocument,
  parseTokenKeys,
  retireTokenKey,
  rotateTokenKeys,
  type SigningAlgorithm,
  TokenKeys,
} from './token-keys.ts'
export { type UserResource, type UserResourceConfig, userResource } from './users-resource.ts'
