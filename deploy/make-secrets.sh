#!/bin/sh
# Makes what docker-compose.yml reads as secrets, each in a file of its own: sh deploy/make-secrets.sh [FOLDER]
# A file that is there already is left as it is. Nobody else on this machine can enter the folder; the files themselves
# can be read by all, because each service reads its own as a user of its own.
set -eu
umask 077
folder=${1:-secrets}
mkdir -p "$folder"
chmod 700 "$folder"

keep() { # NAME: what comes in, whole or not at all
    [ -e "$folder/$1" ] && { cat > /dev/null; return; }
    cat > "$folder/.$1"
    [ -s "$folder/.$1" ] || { echo "$folder/$1 would be empty" >&2; exit 1; }
    chmod 644 "$folder/.$1"
    mv "$folder/.$1" "$folder/$1"
    echo "made $folder/$1"
}
later() { # NAME: an empty file, for somebody to fill
    [ -e "$folder/$1" ] || { : > "$folder/$1"; chmod 644 "$folder/$1"; echo "made $folder/$1, which is empty"; }
}
random() { od -An -v -tx1 -N "$1" /dev/urandom | tr -d ' \n'; }

# the key of the pseudonyms: with another, no student of last year is the same student this year
random 32 | keep attendance_secret
# of PostgreSQL: its superuser, who publishes, Airflow's own database, Metabase's own database
for role in postgres publisher airflow_database metabase_database; do random 24 | keep "${role}_password"; done
# Airflow: what it encrypts stored connections with, what its parts know each other by, its sessions, its administrator
head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n' | keep airflow_fernet_key
random 48 | keep airflow_jwt_key
random 24 | keep airflow_session_key
random 12 | keep airflow_admin_password
# what Metabase encrypts the passwords of its connections with
random 32 | keep metabase_key
# by which dashboards are brought to Metabase: empty until Metabase's administrator has made one (docs/operations.md)
later metabase_api_key
# the districts' credentials, by the name of the connection: docs/connecting-a-district.md
echo '{}' | keep connections
# of the demo's SFTP server
random 12 | keep sftp_password
