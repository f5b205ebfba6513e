"""An account of AWS as a stranger's library sees it, and hands to change it with. Answers in JSON.

account <prefix>        what there is, as far as its name begins so
put <bucket> <key>      writes an object
list-users              what only the operator may do
make-bucket <name>      a bucket that says nothing of whose it is
strip-policy <bucket>   what somebody else does to a bucket
keep-versions <bucket>  the same
"""

import json
import os
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ONCE = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})


def client(service):
    return boto3.client(
        service, endpoint_url=os.environ["ENDPOINT"], region_name=os.environ["REGION"], config=ONCE
    )


def part(call, key=None, **arguments):
    """A part of a bucket; nothing where there is none."""
    try:
        answer = call(**arguments)
    except ClientError:
        return None
    answer.pop("ResponseMetadata", None)
    return answer.get(key) if key else answer


def bucket(s3, name):
    policy = part(s3.get_bucket_policy, "Policy", Bucket=name)
    return {
        "tags": {tag["Key"]: tag["Value"] for tag in part(s3.get_bucket_tagging, "TagSet", Bucket=name) or []},
        "versioning": part(s3.get_bucket_versioning, "Status", Bucket=name),
        "policy": json.loads(policy) if policy else None,
        "lifecycle": part(s3.get_bucket_lifecycle_configuration, "Rules", Bucket=name),
        "publicAccessBlock": part(
            s3.get_public_access_block, "PublicAccessBlockConfiguration", Bucket=name
        ),
        "objects": len(part(s3.list_object_versions, "Versions", Bucket=name) or []),
    }


def user(iam, name):
    keys = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
    policies = iam.list_user_policies(UserName=name)["PolicyNames"]
    return {
        "keys": [key["AccessKeyId"] for key in keys],
        "policies": {
            policy: iam.get_user_policy(UserName=name, PolicyName=policy)["PolicyDocument"] for policy in policies
        },
    }


def database(found):
    names = [
        "AllocatedStorage", "BackupRetentionPeriod", "DBInstanceClass", "DBInstanceStatus", "DBName",
        "EngineVersion", "MasterUsername", "PubliclyAccessible", "StorageEncrypted",
    ]
    return {name: found.get(name) for name in names}


def account(prefix):
    s3, iam, rds = client("s3"), client("iam"), client("rds")
    named = lambda things, name: [thing for thing in things if thing[name].startswith(prefix)]
    buckets = named(s3.list_buckets()["Buckets"], "Name")
    users = named(iam.list_users()["Users"], "UserName")
    databases = named(rds.describe_db_instances()["DBInstances"], "DBInstanceIdentifier")
    snapshots = named(rds.describe_db_snapshots()["DBSnapshots"], "DBInstanceIdentifier")
    return {
        "buckets": {found["Name"]: bucket(s3, found["Name"]) for found in buckets},
        "users": {found["UserName"]: user(iam, found["UserName"]) for found in users},
        "databases": {found["DBInstanceIdentifier"]: database(found) for found in databases},
        "snapshots": [
            found["DBSnapshotIdentifier"] for found in snapshots if found.get("SnapshotType") == "manual"
        ],
    }


def put(bucket_name, key):
    client("s3").put_object(Bucket=bucket_name, Key=key, Body=b"x")


def list_users():
    client("iam").list_users()


def make_bucket(name):
    client("s3").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": os.environ["REGION"]}
    )


def strip_policy(name):
    client("s3").delete_bucket_policy(Bucket=name)


def keep_versions(name):
    client("s3").put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})


COMMANDS = {
    "account": account,
    "put": put,
    "list-users": list_users,
    "make-bucket": make_bucket,
    "strip-policy": strip_policy,
    "keep-versions": keep_versions,
}


def main():
    command, *arguments = sys.argv[1:]
    try:
        answer = {"ok": COMMANDS[command](*arguments)}
    except ClientError as error:
        answer = {"refused": error.response["Error"]["Code"]}
    json.dump(answer, sys.stdout, sort_keys=True)


if __name__ == "__main__":
    main()
