-- Both sigmas of Greek have one upper case, and make one username now. Of two accounts that differ in nothing else the older
-- keys stay; who has the other name may still log in with the e-mail address.
UPDATE OR IGNORE users SET username_key = replace(username_key, 'ς', 'σ') WHERE username_key LIKE '%ς%';
