#!/bin/sh
# Makes the keys and certificates of the practice cards anew, with OpenSSL 3, into this directory.
# Everything here is public: these keys protect nothing.
#
#   ./make.sh            all files
#
# Keys are PKCS#8 DER (*.key), certificates X.509 DER (*.crt).
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# rsa NAME BITS, ec NAME CURVE, raw NAME ALGORITHM: a private key.
key() { name=$1; shift; openssl genpkey -quiet "$@" | openssl pkcs8 -topk8 -nocrypt -outform DER -out "$name.key"; }
rsa() { key "$1" -algorithm RSA -pkeyopt "rsa_keygen_bits:$2"; }
ec() { key "$1" -algorithm EC -pkeyopt "ec_paramgen_curve:$2" -pkeyopt ec_param_enc:named_curve; }
raw() { key "$1" -algorithm "$2"; }

# The pool: what cards hand out when they are asked to generate an RSA key.
for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do rsa "pool-rsa2048-$n" 2048; done
for n in 1 2 3 4 5 6 7 8; do rsa "pool-rsa1024-$n" 1024; done
for n in 1 2; do rsa "pool-rsa3072-$n" 3072; done
for n in 1 2; do rsa "pool-rsa4096-$n" 4096; done

# People.
rsa thomas-authentication 2048
ec thomas-signature P-256
rsa thomas-encryption 2048
ec thomas-card P-256
rsa thomas-retired 2048
rsa thomas-openpgp-signature 2048
rsa thomas-openpgp-decryption 2048
rsa thomas-openpgp-authentication 2048
rsa anna-authentication 2048
ec anna-signature P-384
raw anna-openpgp-signature ED25519
raw anna-openpgp-decryption X25519
raw anna-openpgp-authentication ED25519
rsa attestation 2048

# The authority that issued everything.
cat > "$work/ca.cnf" <<CNF
[ca]
default_ca = practice
[practice]
dir = $work
database = $work/index
rand_serial = yes
new_certs_dir = $work
default_md = sha256
policy = any
unique_subject = no
copy_extensions = none
string_mask = utf8only
[any]
countryName = optional
organizationName = optional
organizationalUnitName = optional
commonName = supplied
[req]
distinguished_name = dn
string_mask = utf8only
[dn]
CNF
: > "$work/index"

# extensions FILE LINES...
extensions() { file=$1; shift; printf '%s\n' "$@" > "$work/$file"; }
extensions root 'basicConstraints=critical,CA:TRUE' 'keyUsage=critical,keyCertSign,cRLSign' 'subjectKeyIdentifier=hash'
leaf='basicConstraints=critical,CA:FALSE
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
crlDistributionPoints=URI:http://ca.helpdesk.example/helpdesk.crl'
upn() { echo "subjectAltName=email:$1,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:$1"; }

# authority NAME SUBJECT FROM TO: a root that signs itself.
authority() {
  openssl req -new -utf8 -config "$work/ca.cnf" -key "$work/$1.pem" -subj "$2" -out "$work/$1.csr"
  openssl ca -batch -notext -utf8 -config "$work/ca.cnf" -selfsign -keyfile "$work/$1.pem" -in "$work/$1.csr" \
    -extfile "$work/root" -startdate "$3" -enddate "$4" -out "$work/$1.crt" 2>/dev/null
  openssl x509 -in "$work/$1.crt" -outform DER -out "$1.crt"
}

# certificate NAME KEY SUBJECT FROM TO DIGEST EXTENSION...: signed by $issuer.
certificate() {
  name=$1 key=$2 subject=$3 start=$4 end=$5 digest=$6; shift 6
  extensions leaf "$leaf" "$@"
  openssl req -new -utf8 -config "$work/ca.cnf" -key "$key.key" -keyform DER -subj "$subject" -out "$work/leaf.csr"
  openssl ca -batch -notext -utf8 -config "$work/ca.cnf" -md "$digest" -keyfile "$work/$issuer.pem" -cert "$work/$issuer.crt" \
    -in "$work/leaf.csr" -extfile "$work/leaf" -startdate "$start" -enddate "$end" -out "$work/leaf.crt" 2>/dev/null
  openssl x509 -in "$work/leaf.crt" -outform DER -out "$name.crt"
}

rsa helpdesk-ca 2048
openssl pkey -inform DER -in helpdesk-ca.key -out "$work/helpdesk-ca.pem"
authority helpdesk-ca '/C=DE/O=Example Works/CN=Helpdesk CA' 20240101000000Z 20440101000000Z

issuer=helpdesk-ca
thomas='/C=DE/O=Example Works/OU=Field service/CN=Thomas Mustermann'
anna='/C=IT/O=Example Works/CN=Anna Rossi'
from=20241203000000Z
to=20341203000000Z

certificate thomas-authentication thomas-authentication "$thomas" $from $to sha256 \
  'keyUsage=critical,digitalSignature' 'extendedKeyUsage=clientAuth,msSmartcardLogin' "$(upn thomas.mustermann@works.example)"
certificate thomas-signature thomas-signature "$thomas" $from $to sha256 \
  'keyUsage=critical,digitalSignature,nonRepudiation' 'extendedKeyUsage=emailProtection' 'subjectAltName=email:thomas.mustermann@works.example'
certificate thomas-encryption thomas-encryption "$thomas" $from $to sha256 \
  'keyUsage=critical,keyEncipherment' 'extendedKeyUsage=emailProtection' 'subjectAltName=email:thomas.mustermann@works.example'
certificate thomas-card thomas-card '/C=DE/O=Example Works/CN=Card 14725836' $from $to sha256 \
  'keyUsage=critical,digitalSignature' 'extendedKeyUsage=2.16.840.1.101.3.6.8'
# What he had before: expired, for reading old mail.
certificate thomas-retired thomas-retired "$thomas" 20221203000000Z 20241203000000Z sha256 \
  'keyUsage=critical,keyEncipherment' 'extendedKeyUsage=emailProtection' 'subjectAltName=email:thomas.mustermann@works.example'
# To be renewed: the program puts other dates into it.
certificate thomas-renew thomas-authentication "$thomas" $from 20261203000000Z sha256 \
  'keyUsage=critical,digitalSignature' 'extendedKeyUsage=clientAuth,msSmartcardLogin' "$(upn thomas.mustermann@works.example)"
certificate thomas-openpgp thomas-openpgp-authentication "$thomas" $from $to sha256 \
  'keyUsage=critical,digitalSignature' 'extendedKeyUsage=clientAuth' 'subjectAltName=email:thomas.mustermann@works.example'
# Hers are as short as certificates get.
leaf='basicConstraints=critical,CA:FALSE
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid'
certificate anna-authentication anna-authentication "$anna" $from $to sha256 \
  'keyUsage=critical,digitalSignature,keyEncipherment' 'extendedKeyUsage=clientAuth' 'subjectAltName=email:anna.rossi@works.example'
certificate anna-signature anna-signature "$anna" $from $to sha384 \
  'keyUsage=critical,digitalSignature,nonRepudiation' 'extendedKeyUsage=emailProtection' 'subjectAltName=email:anna.rossi@works.example'
certificate anna-expired anna-authentication "$anna" 20210301000000Z 20230301000000Z sha256 \
  'keyUsage=critical,digitalSignature' 'extendedKeyUsage=clientAuth' 'subjectAltName=email:anna.rossi@works.example'
certificate anna-sha1 anna-authentication "$anna" $from $to sha1 \
  'keyUsage=critical,digitalSignature' 'extendedKeyUsage=clientAuth' 'subjectAltName=email:anna.rossi@works.example'
# Stands in a slot whose key is another one.
rsa "$work/other" 2048
certificate anna-mismatch "$work/other" "$anna" $from $to sha256 \
  'keyUsage=critical,digitalSignature' 'extendedKeyUsage=clientAuth' 'subjectAltName=email:anna.rossi@works.example'

# The attestation certificate of the cards that speak like a YubiKey.
leaf='basicConstraints=critical,CA:TRUE,pathlen:0
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid'
certificate attestation attestation '/O=Example Works/CN=Practice PIV attestation' 20240101000000Z 20440101000000Z sha256 \
  'keyUsage=critical,keyCertSign'
