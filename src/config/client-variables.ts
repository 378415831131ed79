/** The variables that the commands of the command line read; they mean nothing to the server, and are no slips either. */
export const clientVariables = [
  'BUREAU_AUDIENCE',
  'BUREAU_CLIENT_ID',
  'BUREAU_CREDENTIALS',
  'BUREAU_CREDENTIAL_PROVIDER',
  'BUREAU_ID_TOKEN',
  'BUREAU_JWT_SVID_FILE',
  'BUREAU_MAX_WAIT',
  'BUREAU_PLATFORM_AUDIENCE',
  'BUREAU_SCOPE',
  'BUREAU_SERVER',
  'BUREAU_SUBJECT_TOKEN',
  'BUREAU_SUBJECT_TOKEN_FILE',
  'BUREAU_SUBJECT_TOKEN_TYPE',
  'BUREAU_TENANT',
  'BUREAU_TOKEN_VARIABLE',
] as const;
